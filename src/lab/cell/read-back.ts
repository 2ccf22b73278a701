import { Account } from "../account.ts";
import { LineTimings } from "./line-timings.ts";
import type { CellSetup, Observation } from "./observe-cell.ts";
import { senderName } from "./programs.ts";
import { readStoredLines } from "./stored-lines.ts";
import { dueNs, timetableIn } from "./timetable.ts";

/** What the file of a cell says. */
export interface ReadBack {
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
    times.add({ dueNs: table && dueNs(table, seq), sentNs, seenNs });
    if (seenNs > overNs) recoveredNs ??= seenNs;
  });
  return { account, foreign, times: times ?? new LineTimings(scenario.timeline, 0), recoveredNs };
}
