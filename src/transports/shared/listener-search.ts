import { lstatSync, statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { type Endpoint, formatAddress, isPathEndpoint } from "../../core/endpoint.ts";
import { errnoOf, OperationalError } from "../../core/errors.ts";
import { SOCKET_BIND_MS_MAX } from "../../core/limits.ts";
import { RETRY_MS_MAX, RETRY_MS_MIN } from "../../core/tuning.ts";
import type { ConnectOptions } from "../transport.ts";
import { type Link, toOwnListener } from "./own-listener.ts";

/** Which listener to reach, for how long, and what ends the search early. */
export interface ListenerSearch {
  readonly endpoint: Endpoint;
  readonly options: ConnectOptions;
  readonly signal: AbortSignal;
}

/** A listener was reached, but didn't accept the sender; another attempt may succeed. */
export class NotAccepted extends OperationalError {
  readonly reason: string;

  constructor(reason: string, message: string, options?: { cause?: unknown }) {
    super("TLS_FAILED", message, options);
    this.reason = reason;
  }
}

/** The system errors that occur while there is no listener yet, or while it is being replaced. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "nothing is there"],
  ["ECONNREFUSED", "nobody answers"],
  ["ECONNRESET", "the connection was reset"],
  ["EAGAIN", "its queue of connections is full"],
  ["ENXIO", "nobody reads it"],
  ["ETIMEDOUT", "no answer came"],
  ["EHOSTUNREACH", "the host can't be reached"],
  ["ENETUNREACH", "the network can't be reached"],
  ["EAI_AGAIN", "the name server doesn't answer"],
]);

/**
 * Tries until a listener is reached, with pauses of RETRY_MS_MIN to RETRY_MS_MAX, for at most `waitMs`.
 *
 * @throws OperationalError LISTENER_UNREACHABLE when the time is over; NOT_A_SOCKET, PERMISSION_DENIED or another
 *   OperationalError of the attempt at once; the signal's reason when it aborts
 */
export async function findListener<L extends Link>(
  { endpoint, options, signal }: ListenerSearch,
  attempt: () => L | Promise<L>,
): Promise<L> {
  const reach = toOwnListener(endpoint, attempt);
  const deadline = performance.now() + options.waitMs;
  let pauseMs = RETRY_MS_MIN;
  let isReported = false;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await reach();
    } catch (error) {
      signal.throwIfAborted();
      refuseForeignFile(endpoint, error);
      const reason = REASONS.get(errnoOf(error) ?? "") ?? reasonToTryAgain(endpoint, error);
      const leftMs = deadline - performance.now();
      if (reason === undefined || leftMs <= 0) throw linkFailure(endpoint, error);
      if (!isReported) options.waiting(`${describe(endpoint)}: ${reason}`);
      isReported = true;
      await pause(Math.min(pauseMs, leftMs), undefined, { signal });
      pauseMs = Math.min(2 * pauseMs, RETRY_MS_MAX);
    }
  }
}

/**
 * Turns a system error of a link to a listener into one that the user can act on; an unknown one is returned
 * unchanged.
 */
export function linkFailure(endpoint: Endpoint, error: unknown): unknown {
  const errno = errnoOf(error) ?? "";
  const reason = REASONS.get(errno);
  if (reason !== undefined) {
    const listener = `aggregator ${endpoint.transport}=${formatAddress(endpoint)}`;
    const message = `${describe(endpoint)}: ${reason}; start the aggregator first: ${listener}`;
    return new OperationalError("LISTENER_UNREACHABLE", message, { cause: error });
  }
  switch (errno) {
    case "EACCES":
    case "EPERM":
      return new OperationalError(
        "PERMISSION_DENIED",
        `${describe(endpoint)} may not be used by this user; run as its owner, or ask the owner for access`,
        { cause: error },
      );
    case "EPROTOTYPE":
      return new OperationalError(
        "NOT_A_SOCKET",
        `${formatAddress(endpoint)} is a socket of another kind than ${endpoint.transport}; name the transport that ` +
          "its aggregator was started with",
        { cause: error },
      );
    case "ENOTDIR":
      return new OperationalError("ADDRESS_INVALID", `${formatAddress(endpoint)} leads through a file; pass a path`, {
        cause: error,
      });
    case "ENOTFOUND":
      return new OperationalError("ADDRESS_INVALID", `${formatAddress(endpoint)} names an unknown host; pass another`, {
        cause: error,
      });
    default:
      return error;
  }
}

/**
 * connect(2) fails with the same errno for a file that isn't a socket and for a socket without a listener (unix(7)).
 */
function refuseForeignFile(endpoint: Endpoint, cause: unknown): void {
  if (!isPathEndpoint(endpoint) || errnoOf(cause) !== "ECONNREFUSED") return;
  const stats = statSync(endpoint.path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSocket()) return;
  const remedy = stats.isFIFO() ? `send with fifo=${endpoint.path}` : "pass the address of an aggregator";
  throw new OperationalError("NOT_A_SOCKET", `${endpoint.path} is not a socket; ${remedy}`, { cause });
}

/** A listener creates its path for itself alone, and only then gives it the owner and mode that others need. */
function reasonToTryAgain(endpoint: Endpoint, error: unknown): string | undefined {
  if (error instanceof NotAccepted) return error.reason;
  if (!isPathEndpoint(endpoint) || errnoOf(error) !== "EACCES") return undefined;
  const ageMs = Date.now() - changedMs(endpoint.path);
  return ageMs >= 0 && ageMs < SOCKET_BIND_MS_MAX ? "it is being created" : undefined;
}

function changedMs(path: string): number {
  try {
    return lstatSync(path).ctimeMs;
  } catch {
    return 0; // not there, or in a directory that we may not search
  }
}

function describe(endpoint: Endpoint): string {
  return `${endpoint.transport} ${formatAddress(endpoint)}`;
}
