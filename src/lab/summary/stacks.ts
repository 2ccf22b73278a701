import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Blank, blank } from "../../report/reading.ts";
import type { SendStacks, StackFrame } from "../../report/summary.ts";
import type { CellLine } from "../results/cell-line.ts";

/** The senders' stacks while they were running, among the profiles of a cell. */
const SENDER_ON_CPU = /sender.*on-?cpu/i;
/** Where a send enters the kernel. */
const SEND_CALL = /^(?:__x64_sys_|__arm64_sys_|__sys_)?(?:write|writev|sendto|sendmsg|sendmmsg)$/;
/** The same calls on other files: libuv's wakeups, output. */
const OTHER_FILE = /^(?:eventfd_write|ext4_|tty_|tmpfs_|shmem_|generic_perform_write)/;

interface Tree {
  samples: number;
  readonly calls: Map<string, Tree>;
}

/** The sampled stacks inside the send calls, of the first cell that has them; a blank with the reason otherwise. */
export function sendStacks(cells: readonly CellLine[], folder: string): SendStacks | Blank {
  for (const { stacks, costs, counts } of cells) {
    if (stacks.value === null) continue;
    const path = Object.entries(stacks.value).find(([name]) => SENDER_ON_CPU.test(name))?.[1];
    if (path === undefined) continue;
    const { root, samples } = sendTree(readFileSync(join(folder, path), "utf8"));
    if (root === undefined) return blank("no sample lies inside a send call");
    const cpu = [costs.sender.cpuUserSeconds.value, costs.sender.cpuSystemSeconds.value];
    const seconds = cpu.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    const usPerLine = cpu.includes(null) ? null : (1e6 * seconds * root.samples) / samples / Math.max(1, counts.sent);
    return { by: stacks.by, samples, root, usPerLine };
  }
  const stacks = cells.at(-1)?.stacks;
  return blank(stacks?.value === null ? stacks.why : "no stacks of the senders were recorded");
}

/** From folded stacks: `frame;frame;… samples` per line, outermost first. */
function sendTree(folded: string): { root: StackFrame | undefined; samples: number } {
  const root: Tree = { samples: 0, calls: new Map() };
  let name = "";
  let samples = 0;
  for (const line of folded.split("\n")) {
    const space = line.lastIndexOf(" ");
    const count = Number(line.slice(space + 1));
    if (space < 0 || !Number.isFinite(count)) continue;
    samples += count;
    const frames = line.slice(0, space).split(";");
    const at = frames.findLastIndex((frame) => SEND_CALL.test(frame));
    if (at < 0 || frames.some((frame) => OTHER_FILE.test(frame))) continue;
    name ||= (frames[at] ?? "").replace(/^__(?:x64|arm64)_sys_/, "");
    add(root, frames.slice(at + 1), count);
  }
  return { root: root.samples === 0 ? undefined : frameOf(name, root), samples };
}

function add(root: Tree, frames: readonly string[], samples: number): void {
  let here = root;
  here.samples += samples;
  for (const frame of frames) {
    const next = here.calls.get(frame) ?? { samples: 0, calls: new Map() };
    here.calls.set(frame, next);
    next.samples += samples;
    here = next;
  }
}

function frameOf(name: string, { samples, calls }: Tree): StackFrame {
  const frames = [...calls].map(([inner, tree]) => frameOf(inner, tree));
  return { name, samples, calls: frames.sort((a, b) => b.samples - a.samples) };
}
