import type { ProgramEvent } from "../../os/own-program.ts";
import type { Account } from "../account.ts";
import type { Counts } from "../results/cell-line.ts";
import { derived, type Measured, measured, unmeasured } from "../results/measured.ts";

export interface CountSources {
  /** The senders' `done` events. */
  readonly done: readonly ProgramEvent[];
  /** The aggregator's `closed` event. */
  readonly ledger: ProgramEvent;
  /** The lines in the file. */
  readonly account: Account;
  readonly foreign: number;
  /** Whether an aggregator was killed, which leaves no ledger. */
  readonly isKilled: boolean;
  readonly kernel: Counts["kernel"];
}

const NO_LEDGER = "an aggregator that was killed leaves no ledger";

/** The account of a cell's lines. */
export function cellCounts({ done, ledger, account, foreign, isKilled, kernel }: CountSources): Counts {
  const { sent, unsent } = claims(done, isKilled);
  const { runs } = account;
  const stored = sum(runs.map(({ sequence }) => sequence.seen));
  const lost = isKilled ? { killed: measured("lab", sent - stored) } : lostOf(ledger);
  return {
    offered: sent + sum(Object.values(unsent)),
    sent,
    unsent,
    stored,
    lost,
    duplicates: sum(runs.map(({ sequence }) => sequence.duplicates)),
    reordered: sum(runs.map(({ sequence }) => sequence.reordered)),
    foreign: foreign + account.others,
    residue: isKilled ? unmeasured(NO_LEDGER) : derived(Object.values(lost), (classes) => sent - stored - sum(classes)),
    kernel,
  };
}

/**
 * What the senders say. When an aggregator is killed, they can't know which of the lines that its kernel had accepted were read. The
 * file says it, so these count as sent.
 */
function claims(done: readonly ProgramEvent[], isKilled: boolean): Pick<Counts, "sent" | "unsent"> {
  const sent = sum(done.map((event) => Number(event["sent"])));
  const unsent = addedUp(done.map((event) => event["unsent"] as Readonly<Record<string, number>>));
  const { inDoubt = 0 } = unsent;
  return isKilled && inDoubt > 0 ? { sent: sent + inDoubt, unsent: { ...unsent, inDoubt: 0 } } : { sent, unsent };
}

function lostOf(ledger: ProgramEvent): Record<string, Measured<number>> {
  const classes = Object.entries(ledger["notStored"] as Readonly<Record<string, number>>);
  const drops = ledger["kernelDrops"];
  return {
    ...Object.fromEntries(classes.map(([name, lines]) => [name, measured("ledger", lines)])),
    kernelDrops: typeof drops === "number" ? measured("ledger", drops) : unmeasured("the kernel doesn't report it"),
  };
}

function addedUp(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) total[name] = (total[name] ?? 0) + value;
  }
  return total;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
