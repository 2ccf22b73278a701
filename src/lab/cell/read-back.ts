import { Account } from "../account.ts";
import { canBeFollowed } from "../scenarios/scenario.ts";
import type { FollowedLine } from "../stages/line-stages.ts";
import type { CellSetup, Observation } from "./cell-run.ts";
import { LineTimings } from "./line-timings.ts";
import { senderName } from "./programs.ts";
import { readStoredLines } from "./stored-lines.ts";
import { dueNs, timetableIn } from "./timetable.ts";

/** What the file of a cell says. */
export interface ReadBack {
  /** The stored lines of a traced cell, without their senders' pids; empty otherwise. */
  readonly followed: readonly (Omit<FollowedLine, "pid"> & { readonly sender: number })[];
  readonly account: Account;
  /** Lines that no sender of the cell wrote. */
  readonly foreign: number;
  readonly times: LineTimings;
  /** When the first line after a disturbance was in the file, ns. */
  readonly recoveredNs: number | undefined;
}

/** Reads a cell's output, and says of each line when it was due, sent and seen. */
export async function readBack({ cell, scenario }: CellSetup, seen: Observation): Promise<ReadBack> {
  const timetables = new Map(seen.done.map((event, index) => [senderName(index), timetableIn(event)]));
  const starts = [...timetables.values()].flatMap((table) => table?.startedAtNs ?? []);
  const account = new Account(cell.parameters.senders);
  const seenAt = seen.growth.clock();
  const overNs = seen.disturbed?.overNs ?? Number.POSITIVE_INFINITY;
  let times = starts.length > 0 ? new LineTimings(scenario.timeline, Math.min(...starts)) : undefined;
  const followed: ReadBack["followed"][number][] = [];
  const senders = [...timetables.keys()];
  const isFollowed = cell.traced && canBeFollowed(cell.parameters);
  let foreign = 0;
  let recoveredNs: number | undefined;
  await readStoredLines(seen.output, (line, end) => {
    if (line === undefined || !timetables.has(line.producer)) {
      foreign++;
      return;
    }
    account.add(line);
    const { seq, sentAtNs: sentNs } = line;
    const seenNs = seenAt(end);
    const table = timetables.get(line.producer);
    // A flood begins with its first line.
    times ??= new LineTimings(scenario.timeline, sentNs);
    const due = table && dueNs(table, seq);
    times.add({ dueNs: due, sentNs, seenNs });
    if (isFollowed && due !== undefined) {
      followed.push({ sender: senders.indexOf(line.producer), dueNs: due, sentNs, seenNs, end });
    }
    if (seenNs > overNs) recoveredNs ??= seenNs;
  });
  return { account, foreign, followed, times: times ?? new LineTimings(scenario.timeline, 0), recoveredNs };
}
