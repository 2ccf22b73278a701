/**
 * `log-aggregator/pino`: sends a program's pino lines to an aggregator. docs/pino.md shows how to use it. As an entry of
 * the package for programs, it reads the environment for default addresses, watches the process's end, and prints one
 * line on stderr then if lines were lost.
 */
import { writeSync } from "node:fs";
import type { Transform } from "node:stream";
import abstractTransport from "pino-abstract-transport";
import { OperationalError } from "../core/errors.ts";
import {
  createDestination,
  type DestinationOptions,
  type TargetOptions,
} from "../producer/destination/create-destination.ts";
import type { Destination, DestinationReport } from "../producer/destination/destination.ts";
import { describeLoss, lossIn } from "../producer/destination/loss-line.ts";
import { atExit } from "./at-exit.ts";

export type { Endpoint } from "../core/endpoint.ts";
export { type ErrorCode, OperationalError } from "../core/errors.ts";
export type { DestinationOptions, TargetOptions } from "../producer/destination/create-destination.ts";
export type { Destination, DestinationReport } from "../producer/destination/destination.ts";
export type { SenderTlsOptions } from "../producer/sender-tls.ts";

/**
 * A destination in this process, for `pino({}, destination({ to: "unixsock" }))`. When the process exits, the lines are
 * sent, and a line on stderr says if some were lost.
 *
 * @throws OperationalError USAGE or ADDRESS_INVALID for an option or address that can't be used
 */
export function destination(options: DestinationOptions): Destination {
  // Node's TLS needs the event loop, which has ended when a program exits; a worker's goes on until all is sent.
  if (options !== undefined && "tls" in options) {
    throw new OperationalError("USAGE", 'TLS needs the target "log-aggregator/pino", which runs in a worker');
  }
  const opened = createDestination(options, { environment: process.env, ended: () => forget() });
  const forget = atExit({ exit: () => sayLoss(opened.exit()), signal: () => void opened.settleSync() });
  return opened;
}

/**
 * The target of `pino({ transport: { target: "log-aggregator/pino", options: { to: "unixsock" } } })`, which runs in a
 * worker thread.
 */
export default function target(options: TargetOptions): Transform {
  const opened = createDestination(options, { environment: process.env, ended() {} });
  const take = (source: Transform): void => {
    source.on("data", (line: string) => opened.write(`${line}\n`));
  };
  const close = async (): Promise<void> => sayLoss(await opened.close());
  return abstractTransport(take, { parse: "lines", close });
}

/** The one thing that is printed: at the end there is no later line that could report it. */
function sayLoss(report: DestinationReport): void {
  const { dropped, inDoubt } = lossIn(report.unsent);
  const loss = { dropped: dropped + report.waiting, inDoubt };
  if (loss.dropped + loss.inDoubt === 0) return;
  const reason = report.failure instanceof Error ? `: ${report.failure.message}` : "";
  try {
    writeSync(2, `log-aggregator/pino, ${report.transport} ${report.address}: ${describeLoss(loss)}${reason}\n`);
  } catch {
    // Nobody reads it, which is no reason to end in another way.
  }
}
