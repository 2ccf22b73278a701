import { resolve } from "node:path";
import type { Refusal } from "../../aggregator/admission.ts";
import type { AggregateEvents, AggregateLedger } from "../../aggregator/aggregator.ts";
import { describeEndpoint, formatAddress } from "../../core/endpoint.ts";
import { senderName } from "../../core/peer.ts";
import type { RetentionLimit } from "../../sink/output-events.ts";
import { refusalRemedy } from "../../sink/refusal.ts";
import { isStandardOutput } from "../../sink/standard-output.ts";
import type { JsonEvent, Message, Presenters } from "../events.ts";
import { type MetricsEvents, presentMetrics } from "../metrics-event.ts";
import { ledgerTable } from "./ledger-table.ts";
import { describeLoss, lossesOf } from "./losses.ts";
import { PROTECTION_PRESENTERS } from "./protection-presenters.ts";

/** What the command reports: what happens in its aggregator, and its own account. */
export interface AggregatorEvents extends Omit<AggregateEvents, "durable">, MetricsEvents {
  /** It listens everywhere, and lines go to this output. */
  started(output: string): void;
  /** The ledger so far. */
  stats(ledger: AggregateLedger): void;
  /** It has ended. */
  closed(ledger: AggregateLedger, output: string): void;
}

const REASONS: Readonly<Record<RetentionLimit, string>> = {
  keep: "more than --rotate-keep",
  totalBytesMax: "together larger than --rotate-total",
  freeBytesMin: "less free space than --keep-free",
};

const REFUSALS: Readonly<Record<Refusal, (sender: string) => string>> = {
  forbidden: (sender) =>
    `refuses what ${sender} sends; name it with --allow-uid or --allow-gid, or find out why it sends; further refusals are only counted`,
  excess: (sender) =>
    `closed a connection of ${sender}, which has as many as --max-connections-per-sender allows; further ones are only counted`,
};

/** The words for each event of an aggregator. */
export const PRESENTERS: Presenters<AggregatorEvents> = {
  repaired: ({ bytes, movedTo }) => ({
    log: [
      warning(`the last line of the output was cut short (${bytes} bytes) and moved to ${movedTo}`, { bytes, movedTo }),
    ],
  }),
  listening: (endpoint, { receiveBufferBytes, isInherited, earlierDrops, warnings = [], advice }) => {
    const fields = {
      ...(receiveBufferBytes === undefined ? {} : { receiveBufferBytes }),
      ...(isInherited === true ? { inherited: true } : {}),
      ...(earlierDrops === undefined ? {} : { earlierDrops }),
    };
    const words = `listening on ${describeEndpoint(endpoint)}${isInherited === true ? " (inherited)" : ""}`;
    return {
      json: { event: "listening", transport: endpoint.transport, address: formatAddress(endpoint), ...fields },
      text: [words],
      repeated: note(words, fields),
      log: [...warnings.map((warned) => warning(warned)), ...advice.map((advised) => note(advised))],
    };
  },
  started: (output) => ({
    text: [isStandardOutput(output) ? "writing lines to standard output" : `appending lines to ${resolve(output)}`],
  }),
  httpRequest: (endpoint) => ({
    log: [
      warning(
        `${describeEndpoint(endpoint)} got an HTTP request and closed its connection without storing anything; ` +
          "find out who sends it, or listen on unixsock, which no HTTP client reaches; further ones are counted as httpRequests",
      ),
    ],
  }),
  refused: (endpoint, refusal, peer) => ({
    log: [warning(`${describeEndpoint(endpoint)} ${REFUSALS[refusal](senderName(peer))}`, { ...peer })],
  }),
  ...PROTECTION_PRESENTERS,
  rotated: (rotated) => ({ log: [note(`the output was rotated to ${rotated}; a new one is open`, { rotated })] }),
  reopened: (rescued) => ({
    log: [
      note(`the output had been renamed or removed; a new one is open (${rescued} bytes copied to it)`, { rescued }),
    ],
  }),
  suspect: (rotated, error) => ({
    log: [
      failure(
        `the output can't be synced (${error.message}); lines now go to a new file; don't trust the end of ${rotated ?? "the old one"}`,
        { rotated, error: error.message },
      ),
    ],
  }),
  removed: ({ limit, ...removal }) => {
    const files = removal.files === 1 ? "1 rotated file was" : `${removal.files} rotated files were`;
    const { bytes, unforwardedBytes } = removal;
    const unforwarded = unforwardedBytes === 0 ? "" : `, of which ${unforwardedBytes} were not forwarded`;
    const words = `${files} removed (${bytes} bytes${unforwarded}): ${REASONS[limit]}`;
    if (unforwardedBytes > 0) return { log: [failure(words, removal)] };
    return { log: [limit === "freeBytesMin" ? warning(words, removal) : note(words, removal)] };
  },
  spaceShort: (freeBytes) => ({
    log: [
      failure(
        `only ${freeBytes} bytes are free, less than --keep-free, and no rotated file is left to remove; free some space`,
        { freeBytes },
      ),
    ],
  }),
  problem: (error) => {
    const words = error instanceof Error ? error.message : String(error);
    const subject = "the output can't be replaced, or rotated files can't be removed or compressed";
    return { log: [failure(`${subject}: ${words}`, { error: words })] };
  },
  checkpointUnusable: (problem) => ({
    log: [
      failure(
        `${problem}; all rotated files are kept as not forwarded; start the forwarder, or pass --no-keep-unforwarded`,
        { problem },
      ),
    ],
  }),
  stalled: (errno) => ({
    log: [
      errno === undefined
        ? warning("the output accepts lines again")
        : failure(`the output refuses lines (${errno}); senders wait, nothing is dropped; ${refusalRemedy(errno)}`, {
            errno,
          }),
    ],
  }),
  readerGone: () => ({ log: [note("standard output has no reader any more; the aggregator ends")] }),
  metrics: presentMetrics,
  stats: (ledger) => ({ json: ledgerEvent("stats", ledger), text: ledgerTable(ledger) }),
  closed: (ledger, output) => {
    const stored = `stored ${ledger.stored} of ${ledger.received} lines`;
    const where = isStandardOutput(output) ? "on standard output" : `in ${resolve(output)}`;
    const loss = describeLoss(ledger);
    return {
      json: ledgerEvent("closed", ledger),
      text: [...ledgerTable(ledger), `${stored} ${where}${loss}`],
      repeated: note(`${stored}${loss}`),
      log: [...leftInQueues(ledger), ...lostLines(ledger)],
    };
  },
};

/** The ledger as an event; `seconds` since the process began. */
function ledgerEvent(event: "stats" | "closed", ledger: AggregateLedger): JsonEvent {
  return { event, seconds: Number(process.uptime().toFixed(3)), ...ledger };
}

/** What waits in inherited sockets and FIFOs: a note, since it isn't lost. */
function leftInQueues({ transports }: AggregateLedger): Message[] {
  return transports.flatMap(({ transport, address, leftInQueue }) => {
    if (leftInQueue === undefined || leftInQueue.count === 0) return [];
    const { unit, count } = leftInQueue;
    const words = `${count ?? "some"} ${unit} wait on ${transport} ${address} for the next aggregator`;
    return [note(words, { leftInQueue })];
  });
}

function lostLines(ledger: AggregateLedger): Message[] {
  const losses = lossesOf(ledger);
  if (losses === "") return [];
  const { notStored, kernelDrops, refusedSenders, excessSenders, cutSenders, cutBytes } = ledger;
  const fields = { ...notStored, kernelDrops, refusedSenders, excessSenders, cutSenders, cutBytes };
  return [warning(`${losses}; the ledger says how`, fields)];
}

function note(words: string, fields: Message["fields"] = {}): Message {
  return { level: "info", words, fields };
}

function warning(words: string, fields: Message["fields"] = {}): Message {
  return { level: "warn", words, fields };
}

function failure(words: string, fields: Message["fields"] = {}): Message {
  return { level: "error", words, fields };
}
