import type { Stack } from "./folded.ts";

/** What the script printed of one map. */
interface Entry {
  readonly pid: number;
  readonly isMainThread: boolean;
  readonly kernel: readonly string[];
  readonly program: readonly string[];
  readonly value: number;
}

const NS_PER_US = 1000;
/** The kernel's stack begins on a line of its own; where there is none, the comma after it stands there at once. */
const ENTRY = /^@(on|off)\[(\d+), ?(\w+), ?(?:(\n[\s\S]*?)\n)?, ?(\n[\s\S]*?)?\]: (\d+)$/gm;

/**
 * The stacks that bpftrace/lab/stacks.bt printed: samples of running threads, and µs of waiting ones.
 *
 * @param symbolAt the function at an address of a process, where bpftrace printed the address
 */
export function parseStacks(
  text: string,
  symbolAt: (pid: number, address: number) => string,
): { readonly on: readonly Stack[]; readonly off: readonly Stack[] } {
  const on: Stack[] = [];
  const off: Stack[] = [];
  for (const [, map, pid, isMain, inside = "", outside = "", value] of text.matchAll(ENTRY)) {
    const [kernel, program] = [framesOf(inside), framesOf(outside)];
    const entry = { pid: Number(pid), isMainThread: isMain === "1" || isMain === "true", kernel, program };
    if (map === "on") on.push(stackOf({ ...entry, value: Number(value) }, symbolAt));
    else off.push(stackOf({ ...entry, value: Number(value) / NS_PER_US }, symbolAt));
  }
  return { on, off };
}

function stackOf(
  { kernel, program, value, ...thread }: Entry,
  symbolAt: (pid: number, address: number) => string,
): Stack {
  const named = program.map((frame) => (frame.startsWith("0x") ? symbolAt(thread.pid, Number(frame)) : frame));
  return { ...thread, frames: [...named.reverse(), ...kernel.toReversed()], weight: value };
}

/** A frame a line, innermost first. */
function framesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
