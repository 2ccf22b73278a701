import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Blank, blank } from "../../report/reading.ts";
import { foldedStacks, StackTree } from "../../report/stack-tree.ts";
import type { SendStacks, StackFrame } from "../../report/summary.ts";
import type { CellLine } from "../results/cell-line.ts";

/** The senders' stacks while they were running, among the profiles of a cell. */
const SENDER_ON_CPU = /sender.*on-?cpu/i;
/** Where a send enters the kernel: the outermost of the kernel's own functions for these calls, which the compiler may have inlined. */
const SEND_CALL = /^(?:__x64_sys_|__arm64_sys_|__sys_|ksys_|do_)(writev?|sendto|sendmm?sg)$/;
/** The same calls on other files: libuv's wakeups, output. */
const OTHER_FILE = /^(?:eventfd_write|ext4_|tty_|tmpfs_|shmem_|generic_perform_write)/;

/** The sampled stacks inside the send calls, of the first cell that has them; a blank with the reason otherwise. */
export function sendStacks(cells: readonly CellLine[], folder: string): SendStacks | Blank {
  for (const { stacks, costs, counts } of cells) {
    if (stacks.value === null) continue;
    const path = Object.entries(stacks.value).find(([name]) => SENDER_ON_CPU.test(name))?.[1];
    if (path === undefined) continue;
    const text = textOf(folder, path);
    if (text === undefined) return blank(`the folded stacks ${path} can't be read`);
    const { root, samples } = sendTree(text);
    if (root === undefined) return blank("no sample lies inside a send call");
    const cpu = [costs.sender.cpuUserSeconds.value, costs.sender.cpuSystemSeconds.value];
    const seconds = cpu.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    const usPerLine = cpu.includes(null) ? null : (1e6 * seconds * root.samples) / samples / Math.max(1, counts.sent);
    return { by: stacks.by, samples, root, usPerLine };
  }
  const stacks = cells.at(-1)?.stacks;
  return blank(stacks?.value === null ? stacks.why : "no stacks of the senders were recorded");
}

/** Only of the folder that stacks are kept in: the path is from a file that somebody may have edited. */
function textOf(folder: string, path: string): string | undefined {
  if (!/^stacks\/[\w.-]+\.folded$/.test(path)) return undefined;
  try {
    return readFileSync(join(folder, path), "utf8");
  } catch {
    return undefined;
  }
}

function sendTree(text: string): { root: StackFrame | undefined; samples: number } {
  const tree = new StackTree();
  let name = "";
  let all = 0;
  for (const { frames, samples } of foldedStacks(text)) {
    all += samples;
    const at = frames.findIndex((frame) => SEND_CALL.test(frame));
    if (at < 0 || frames.some((frame) => OTHER_FILE.test(frame))) continue;
    name ||= SEND_CALL.exec(frames[at] ?? "")?.[1] ?? "";
    tree.add(frames.slice(at + 1), samples);
  }
  return { root: tree.samples === 0 ? undefined : tree.frame(name), samples: all };
}
