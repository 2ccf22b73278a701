import type { Stack } from "./folded.ts";

/** The head of a sample: pid/tid. */
const HEAD = /^ *(\d+)\/(\d+)\b/;
/** A frame: its address, and its symbol or [unknown]. */
const FRAME = /^\s+[\da-f]+ (.*)$/;

/** The stacks that `perf script -F pid,tid,ip,sym` printed, a sample each. */
export function parsePerfScript(text: string): Stack[] {
  const stacks: Stack[] = [];
  let frames: string[] = [];
  for (const line of text.split("\n")) {
    const head = HEAD.exec(line);
    if (head !== null) {
      frames = [];
      stacks.push({ pid: Number(head[1]), isMainThread: head[1] === head[2], frames, weight: 1 });
      continue;
    }
    // perf prints the innermost frame first.
    const frame = FRAME.exec(line)?.[1];
    if (frame !== undefined) frames.unshift(frame);
  }
  return stacks;
}
