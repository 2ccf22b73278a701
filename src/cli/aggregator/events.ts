import type { Logger } from "pino";
import type { AggregateEvents } from "../../aggregator/aggregator.ts";
import { describeEndpoint, formatAddress } from "../../core/endpoint.ts";
import { isTransient } from "../../core/errors.ts";
import type { RetentionLimit } from "../../sink/retention.ts";
import { printEvent } from "../events.ts";

/** A stalled output, or the same problem with it, is reported at most this often: each recurs twice a second while it lasts. */
const REPORTED_EVERY_MS = 10_000;

const REASONS: Readonly<Record<RetentionLimit, string>> = {
  keep: "more than --rotate-keep",
  totalBytesMax: "together larger than --rotate-total",
  freeBytesMin: "less free space than --keep-free",
};

/** Reports what happens in an aggregator: events on stdout, messages for people in the log. */
export function announceEvents(log: Logger): AggregateEvents {
  let stallReported = Number.NEGATIVE_INFINITY;
  let stalled = false;
  let problem = { words: "", reportedAt: 0 };
  return {
    repaired: ({ bytes, movedTo }) =>
      log.warn(
        { bytes, movedTo },
        `the last line of the output was cut short (${bytes} bytes) and moved to ${movedTo}`,
      ),
    listening: (endpoint, { receiveBufferBytes, warnings = [], advice }) => {
      const buffer = receiveBufferBytes === undefined ? {} : { receiveBufferBytes };
      printEvent({ event: "listening", transport: endpoint.transport, address: formatAddress(endpoint), ...buffer });
      log.info(buffer, `listening on ${describeEndpoint(endpoint)}`);
      for (const words of warnings) log.warn(words);
      for (const words of advice) log.info(words);
    },
    httpRequest: (endpoint) =>
      log.warn(
        `${describeEndpoint(endpoint)} got an HTTP request and closed its connection without storing anything; ` +
          "find out who sends it, or listen on unixsock, which no HTTP client reaches; further ones are counted as httpRequests",
      ),
    rotated: (rotated) => log.info({ rotated }, `the output was rotated to ${rotated}; a new one is open`),
    reopened: (rescued) =>
      log.info(
        { rescued },
        `the output had been renamed or removed; a new one is open (${rescued} bytes copied to it)`,
      ),
    suspect: (rotated, error) =>
      log.error(
        { rotated, error: error.message },
        `the output can't be synced (${error.message}); lines now go to a new file; don't trust the end of ${rotated ?? "the old one"}`,
      ),
    removed: ({ limit, ...removal }) => {
      const files = removal.files === 1 ? "1 rotated file was" : `${removal.files} rotated files were`;
      const words = `${files} removed (${removal.bytes} bytes): ${REASONS[limit]}`;
      if (limit === "freeBytesMin") log.warn(removal, words);
      else log.info(removal, words);
    },
    spaceShort: (freeBytes) =>
      log.error(
        { freeBytes },
        `only ${freeBytes} bytes are free, less than --keep-free, and no rotated file is left to remove; free some space`,
      ),
    problem: (error) => {
      const words = error instanceof Error ? error.message : String(error);
      const now = performance.now();
      if (words === problem.words && now - problem.reportedAt < REPORTED_EVERY_MS) return;
      problem = { words, reportedAt: now };
      log.error(
        { error: words },
        `the output can't be replaced, or rotated files can't be removed or compressed: ${words}`,
      );
    },
    stalled: (errno) => {
      if (errno === undefined) {
        if (stalled) log.warn("the output accepts lines again");
        stalled = false;
      } else if (!isTransient(errno) && performance.now() - stallReported >= REPORTED_EVERY_MS) {
        stalled = true;
        stallReported = performance.now();
        log.error({ errno }, `the output refuses lines (${errno}); senders wait, nothing is dropped; free some space`);
      }
    },
  };
}
