import type { AggregateLedger } from "../../aggregator/aggregator.ts";
import { type Ledger, linesLost, lossIn } from "../../ledger/ledger.ts";

/** The end of a sentence about what was stored: "none lost" only when that is known. */
export function describeLoss(ledger: AggregateLedger): string {
  const loss = lossIn(ledger);
  const { bytesSuspect } = ledger.output;
  if (loss === "some") return "";
  if (bytesSuspect > 0) return `; ${bytesSuspect} bytes of them are in files that couldn't be synced, and may be lost`;
  return loss === "none" ? "; none lost" : "; whether any was lost can't be known, see the ledger's null";
}

/** What was lost, each loss in the unit in which it is known. */
export function lossesOf(ledger: Ledger): string {
  const { refusedSenders, cutSenders, cutBytes } = ledger;
  const lines = linesLost(ledger);
  const losses: string[] = [];
  if (lines !== 0) losses.push(lines === 1 ? "1 line was lost" : `${lines} lines were lost`);
  if (refusedSenders > 0) losses.push(`${countSenders(refusedSenders)} turned away because no descriptors were left`);
  if (cutSenders > 0) {
    const bytes = cutBytes === null ? "an unknown number of" : String(cutBytes);
    losses.push(`${countSenders(cutSenders)} cut because they kept writing after the stop, with ${bytes} bytes lost`);
  }
  return losses.join("; ");
}

function countSenders(count: number): string {
  return count === 1 ? "1 sender was" : `${count} senders were`;
}
