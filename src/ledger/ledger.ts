import type { TransportName } from "../core/transport-name.ts";

/**
 * Why received lines are not in the file. Blank lines are dropped on purpose, and partial ones are still with their sender;
 * every other class is a loss.
 */
export const NOT_STORED_CLASSES = [
  "blank",
  "oversize",
  "shed",
  "truncated",
  "partial",
  "limited",
  "unwritten",
] as const;

type NotStored = Record<(typeof NOT_STORED_CLASSES)[number], number>;

/** One listener's ledger. Counts of lines unless the name says otherwise; null means "couldn't be read", never 0. */
export interface TransportLedger {
  readonly transport: TransportName;
  readonly address: string;
  readonly received: number;
  readonly receivedBytes: number;
  /** Handed to the file's queue. Lines that the file then refused are `unwritten` in the ledger of the run. */
  readonly stored: number;
  /** Stored, but inside `_raw` or `_raw_b64`. */
  readonly wrapped: number;
  /** Stored, though their sender ended without an LF. */
  readonly unterminated: number;
  readonly blank: number;
  readonly oversize: number;
  readonly shed: number;
  readonly truncated: number;
  /** Unfinished when an acknowledged sender disconnected, which still has them. */
  readonly partial: number;
  /** Not stored because their sender sent more than its rate. */
  readonly limited: number;
  /** Messages of 0 bytes; not lines. */
  readonly emptyMessages: number;
  /** Connections. */
  readonly accepted: number;
  /** Connections turned away near the descriptor limit, with whatever their senders had written. */
  readonly refused: number;
  /** Connections and messages of users who aren't allowed to send. Not a loss. */
  readonly forbiddenSenders: number;
  readonly forbiddenMessages: number;
  /** Connections turned away because their sender had too many, with whatever was written to them. */
  readonly excessSenders: number;
  /** Connections closed because they began with an HTTP request (tcp). Nothing of them counts as a line. */
  readonly httpRequests: number;
  /** Connections closed because their TLS handshake failed: no line of them was received. */
  readonly failedHandshakes: number;
  /** Senders that kept writing at shutdown until they were cut, or that lost bytes then. */
  readonly cutSenders: number;
  /** Bytes that they lost; null when that can't be known. */
  readonly cutBytes: number | null;
  /** Messages dropped by the kernel before they could be received. */
  readonly kernelDrops: number | null;
  /**
   * After the stop, where the socket or FIFO was inherited: what waits in the kernel for the next aggregator. Not lost,
   * and not received. The count is null where it isn't known.
   */
  readonly leftInQueue?: { readonly unit: "connections" | "messages" | "bytes"; readonly count: number | null };
}

/** The ledger of a run: received = stored + every class of not stored. */
export interface Ledger {
  readonly received: number;
  readonly stored: number;
  readonly notStored: NotStored;
  /** Lines that acknowledged senders still had pending and that were not stored a second time. */
  readonly duplicatesSuppressed: number;
  /** received - stored - notStored: anything but 0 means that the aggregator itself lost lines. */
  readonly residue: number;
  /** Messages the kernel dropped, over all transports; null when one of them couldn't be read. */
  readonly kernelDrops: number | null;
  /** Senders turned away near the descriptor limit. */
  readonly refusedSenders: number;
  readonly forbiddenSenders: number;
  readonly forbiddenMessages: number;
  readonly excessSenders: number;
  readonly failedHandshakes: number;
  readonly cutSenders: number;
  readonly cutBytes: number | null;
  readonly transports: readonly TransportLedger[];
}

/**
 * @param unwritten lines that never reached the file
 * @param duplicatesSuppressed lines that were sent again and not stored a second time
 */
export function closeLedger(
  transports: readonly TransportLedger[],
  unwritten: number,
  duplicatesSuppressed: number,
): Ledger {
  const sum = (read: (ledger: TransportLedger) => number): number =>
    transports.reduce((total, ledger) => total + read(ledger), 0);
  const received = sum((ledger) => ledger.received);
  const stored = sum((ledger) => ledger.stored) - unwritten;
  const notStored: NotStored = {
    blank: sum((ledger) => ledger.blank),
    oversize: sum((ledger) => ledger.oversize),
    shed: sum((ledger) => ledger.shed),
    truncated: sum((ledger) => ledger.truncated),
    partial: sum((ledger) => ledger.partial),
    limited: sum((ledger) => ledger.limited),
    unwritten,
  };
  const missing = NOT_STORED_CLASSES.reduce((total, name) => total + notStored[name], 0);
  return {
    received,
    stored,
    notStored,
    duplicatesSuppressed,
    residue: received - stored - missing,
    kernelDrops: sumOrNull(transports.map((ledger) => ledger.kernelDrops)),
    refusedSenders: sum((ledger) => ledger.refused),
    forbiddenSenders: sum((ledger) => ledger.forbiddenSenders),
    forbiddenMessages: sum((ledger) => ledger.forbiddenMessages),
    excessSenders: sum((ledger) => ledger.excessSenders),
    failedHandshakes: sum((ledger) => ledger.failedHandshakes),
    cutSenders: sum((ledger) => ledger.cutSenders),
    cutBytes: sumOrNull(transports.map((ledger) => ledger.cutBytes)),
    transports,
  };
}

/** Lines known to be lost: those received and not stored, except blank and partial ones, and the kernel's drops. */
export function linesLost(ledger: Ledger): number {
  const { notStored, received, stored } = ledger;
  return received - stored - notStored.blank - notStored.partial + (ledger.kernelDrops ?? 0);
}

/**
 * Whether anything was lost: lines, or senders whose lines can't be counted. `unknown` when a number couldn't be read.
 */
export function lossIn(ledger: Ledger): "none" | "some" | "unknown" {
  const { refusedSenders, excessSenders, cutSenders } = ledger;
  if (linesLost(ledger) !== 0 || refusedSenders + excessSenders + cutSenders > 0) return "some";
  return ledger.kernelDrops === null || ledger.cutBytes === null ? "unknown" : "none";
}

function sumOrNull(values: readonly (number | null)[]): number | null {
  return values.reduce((total, value) => (total === null || value === null ? null : total + value), 0);
}
