import type { AggregateLedger } from "../../aggregator/aggregator.ts";
import { linesLost, lossIn } from "../../ledger/ledger.ts";

/** Whether anything is known to be lost, in the file or on its way to a forwarder's engine. */
export function hasLosses(ledger: AggregateLedger): boolean {
  return lossIn(ledger) === "some" || ledger.output.removedUnforwardedBytes > 0;
}

/** The end of a sentence about what was stored: "none lost" only when that is known. */
export function describeLoss(ledger: AggregateLedger): string {
  const loss = lossIn(ledger);
  const { bytesSuspect } = ledger.output;
  if (hasLosses(ledger)) return "";
  if (bytesSuspect > 0) return `; ${bytesSuspect} bytes of them are in files that couldn't be synced, and may be lost`;
  return loss === "none" ? "; none lost" : "; whether any was lost can't be known, see the ledger's null";
}

/** What was lost, each loss in the unit in which it is known. */
export function lossesOf(ledger: AggregateLedger): string {
  const { refusedSenders, excessSenders, cutSenders, cutBytes } = ledger;
  const { removedUnforwardedBytes } = ledger.output;
  const lines = linesLost(ledger);
  const losses: string[] = [];
  if (lines !== 0) losses.push(lines === 1 ? "1 line was lost" : `${lines} lines were lost`);
  if (refusedSenders > 0) losses.push(`${countSenders(refusedSenders)} turned away because no descriptors were left`);
  if (excessSenders > 0) {
    losses.push(`${countConnections(excessSenders)} closed because their sender had too many`);
  }
  if (cutSenders > 0) {
    const bytes = cutBytes === null ? "an unknown number of" : String(cutBytes);
    losses.push(`${countSenders(cutSenders)} cut because they kept writing after the stop, with ${bytes} bytes lost`);
  }
  if (removedUnforwardedBytes > 0) {
    losses.push(`${removedUnforwardedBytes} bytes were removed before they were forwarded, for lack of space`);
  }
  return losses.join("; ");
}

function countConnections(count: number): string {
  return count === 1 ? "1 connection was" : `${count} connections were`;
}

function countSenders(count: number): string {
  return count === 1 ? "1 sender was" : `${count} senders were`;
}
