import type { Stages } from "../results/cell-line.ts";
import { type Measured, measured, unmeasured } from "../results/measured.ts";
import { STAGE_NAMES, type StageName } from "../results/stages.ts";
import type { Call, TracedEvents } from "./events.ts";

/** A line whose way is to be found among the events; ns. */
export interface FollowedLine {
  /** Pid of its sender. */
  readonly pid: number;
  readonly dueNs: number;
  /** Taken just before its send call. */
  readonly sentNs: number;
  /** When it could be read in the file. */
  readonly seenNs: number;
  /** Its end in the file, counted from where the first traced write began. */
  readonly end: number;
}

/** The calls that moved one line. */
interface Way {
  readonly send: Call;
  readonly read: Call;
  readonly write: Call;
  /** Where a line counts as stored only after it. */
  readonly sync: Call | undefined;
}

/** Below this share of all lines, the means would be those of special lines. */
const FOLLOWED_MIN = 0.5;

/**
 * The means of the stages over all lines whose calls can be told apart. A line's stages are the differences of consecutive times, so
 * they add up to its latency, and their means add up to the mean latency of the same lines.
 *
 * @param isDurable whether a line counts as stored when it is synced, and not when it can be read
 */
export function stagesOf(lines: readonly FollowedLine[], events: TracedEvents, isDurable: boolean): Measured<Stages> {
  const finder = new WayFinder(events, isDurable);
  const totals = new Map<StageName, number>();
  let followed = 0;
  for (const line of lines) {
    const way = finder.find(line);
    if (way === undefined) continue;
    followed++;
    for (const [name, ns] of stagesOfLine(line, way, events)) totals.set(name, (totals.get(name) ?? 0) + ns);
  }
  if (followed === 0 || followed < FOLLOWED_MIN * lines.length) {
    return unmeasured(`the calls of only ${followed} of ${lines.length} lines could be told apart`);
  }
  const stages = STAGE_NAMES.flatMap((name) => {
    const total = totals.get(name);
    return total === undefined ? [] : [{ name, meanNs: total / followed }];
  });
  return measured("bpf", { lines: followed, meanNs: stages.reduce((sum, { meanNs }) => sum + meanNs, 0), stages });
}

/**
 * A line's stages in their order. A stage that is over before the one before it took no time. A line can be read before the
 * write that stored it returns; what the write does after that is no part of the line's time.
 */
function stagesOfLine(
  line: FollowedLine,
  { send, read, write, sync }: Way,
  events: TracedEvents,
): [StageName, number][] {
  const woken = firstBetween(events.wakes, send.enterNs, read.enterNs);
  const running = woken === undefined ? undefined : firstBetween(events.runs, woken, read.enterNs);
  const isWoken = woken !== undefined && running !== undefined;
  const ends: [StageName, number][] = [
    ["schedule", send.enterNs],
    ["send", isWoken && woken < send.exitNs ? woken : Math.min(send.exitNs, read.enterNs)],
    ["queue", isWoken ? woken : read.enterNs],
    ["wakeup", isWoken ? running : read.enterNs],
    ["loop", read.enterNs],
    ["read", read.exitNs],
    ["process", write.enterNs],
    ["write", write.exitNs],
    ["sync", sync?.exitNs ?? Number.NaN],
    ["notice", sync === undefined ? line.seenNs : Number.NaN],
  ];
  const last = sync?.exitNs ?? line.seenNs;
  let before = line.dueNs;
  return ends
    .filter(([, end]) => !Number.isNaN(end))
    .map(([name, end]) => {
      const from = before;
      before = Math.max(before, Math.min(end, last));
      return [name, before - from];
    });
}

/** Finds the calls of lines: the write by the line's place in the file, its send and its read by their times. */
class WayFinder {
  readonly #sends = new Map<number, Call[]>();
  readonly #reads: Call[];
  readonly #syncs: Call[] | undefined;
  readonly #writes: readonly { readonly call: Call; readonly end: number }[];

  constructor({ calls }: TracedEvents, isDurable: boolean) {
    const good = calls.filter(({ result }) => result >= 0);
    for (const call of good) {
      if (call.kind === "send") this.#sends.set(call.pid, [...(this.#sends.get(call.pid) ?? []), call]);
    }
    this.#reads = good.filter(({ kind, result }) => kind === "receive" && result > 0);
    this.#syncs = isDurable ? good.filter(({ kind }) => kind === "sync") : undefined;
    let end = 0;
    this.#writes = good
      .filter(({ kind }) => kind === "write")
      .map((call) => {
        end += call.result;
        return { call, end };
      });
  }

  find({ pid, sentNs, end }: FollowedLine): Way | undefined {
    const send = this.#sends.get(pid)?.find(({ enterNs }) => enterNs >= sentNs);
    const write = this.#writes.find((one) => one.end >= end)?.call;
    if (send === undefined || write === undefined) return undefined;
    // Its bytes are there from some time in the send call on, and a read that could not be this line's began after it.
    const reads = this.#reads.filter(({ enterNs, exitNs }) => exitNs >= send.enterNs && enterNs <= write.enterNs);
    const [read, ...others] = reads;
    if (read === undefined || others.length > 0) return undefined;
    if (this.#syncs === undefined) return { send, read, write, sync: undefined };
    const sync = this.#syncs.find(({ enterNs }) => enterNs >= write.enterNs);
    return sync && { send, read, write, sync };
  }
}

function firstBetween(times: readonly number[], fromNs: number, toNs: number): number | undefined {
  return times.find((ns) => ns >= fromNs && ns <= toNs);
}
