import type { Readable } from "node:stream";
import type { SequenceName } from "../acks/sending/acked-connection.ts";
import { AckedSender } from "../acks/sending/acked-sender.ts";
import { type Endpoint, formatAddress } from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";
import { STOP_MS_MAX } from "../core/limits.ts";
import { transportOf } from "../transports/registry.ts";
import type { Sender } from "../transports/transport.ts";
import { type GeneratedLines, LineGenerator } from "./generated-lines.ts";
import { type LongLine, Outlet, type Tally } from "./outlet.ts";
import { relayLines } from "./relayed-lines.ts";

/** Lines that others write. */
export interface RelayedLines {
  /** Called once an aggregator is reached. */
  inputs(): Promise<readonly Readable[]>;
  /** Longest line kept, without its LF. */
  readonly lineBytesMax: number;
}

/** What a user may want to know. Each is called at most once, except waiting(): once each time a wait begins. */
export interface ProducerEvents {
  waiting(reason: string): void;
  /** The line was longer than the transport allows, `bytesMax` with its LF. */
  tooLong(line: LongLine, bytesMax: number): void;
  /** The aggregator doesn't store lines longer than this, LF not counted, and some lines were longer. */
  notStored(lineBytesMax: number): void;
  /** A line was longer than `lineBytesMax`; `linesBefore` lines had come before the chunk it was in. */
  oversize(linesBefore: number): void;
  /** Lines, counted from 0, that were never acknowledged. */
  unacknowledged(first: number, last: number): void;
}

export interface ProduceOptions {
  readonly endpoint: Endpoint;
  readonly lines: GeneratedLines | RelayedLines;
  /** How long to try to reach an aggregator, at the start and after a lost connection. */
  readonly waitMs: number;
  /** Keep each line until it is acknowledged, under this name for the sequence of lines. */
  readonly acknowledgedAs: SequenceName | undefined;
  /** Ends the producer: no further line is sent, and a pending send gets STOP_MS_MAX. */
  readonly stop: AbortSignal;
  readonly events: ProducerEvents;
}

export interface Production extends Tally {
  readonly transport: string;
  readonly address: string;
  /** From the first line until the last one was sent. */
  readonly seconds: number;
  /** Why it ended early, when the lines had not ended and `stop` had not aborted. */
  readonly failure: unknown;
}

/**
 * Reaches an aggregator and ships lines to it until they end.
 *
 * @throws OperationalError before any line is shipped: no aggregator was reached, or the lines can't be sent at all
 */
export async function produce(options: ProduceOptions): Promise<Production> {
  const { endpoint, stop } = options;
  const transport = transportOf(endpoint);
  const outlet = new Outlet((line) => options.events.tooLong(line, transport.traits.atomicBytesMax));
  const ship = shipperOf(options, transport.name, transport.traits.atomicBytesMax);
  let gaveUp: unknown;
  await using sender = senderOf(options, outlet, (error) => {
    gaveUp = error;
  });
  outlet.attach(sender);
  await sender.open(stop).catch(unlessStopped(stop));
  const started = performance.now();
  const failure = await within(
    stop,
    () => ship(outlet),
    () => sender.close(),
  );
  await sender.close();
  return {
    ...outlet.tally,
    transport: transport.name,
    address: formatAddress(endpoint),
    seconds: (performance.now() - started) / 1000,
    failure: failure ?? (outlet.tally.unsent.unacknowledged > 0 ? gaveUp : undefined),
  };
}

/** @throws OperationalError USAGE when acknowledgements are requested and the transport has no return channel */
function senderOf(options: ProduceOptions, outlet: Outlet, gaveUp: (error: unknown) => void): Sender {
  const { endpoint, waitMs, events, acknowledgedAs } = options;
  const transport = transportOf(endpoint);
  const search = { waitMs, waiting: (reason: string) => events.waiting(reason) };
  if (acknowledgedAs === undefined) {
    return transport.createSender(endpoint, { ...search, unsent: (kind, lines) => outlet.unsent(kind, lines) });
  }
  const { connect } = transport;
  if (connect === undefined) {
    throw new OperationalError("USAGE", `${transport.name} can't carry acknowledgements; use unixsock or tcp`);
  }
  return new AckedSender({
    name: acknowledgedAs,
    connect: (signal) => connect(endpoint, search, signal),
    waitMs,
    tooLong: (lines, lineBytesMax) => {
      if (outlet.tally.unsent.tooLong === 0) events.notStored(lineBytesMax);
      outlet.notStored(lines);
    },
    unacknowledged: (first, last) => {
      outlet.unsent("unacknowledged", last - first + 1);
      events.unacknowledged(first, last);
    },
    gaveUp,
  });
}

/** How the lines get to the outlet. Errors in them are found here, before a connection is tried. */
function shipperOf(options: ProduceOptions, transport: string, bytesMax: number): (outlet: Outlet) => Promise<void> {
  const { lines, events, stop } = options;
  if ("producer" in lines) {
    const generator = new LineGenerator(lines, transport, bytesMax);
    return (outlet) => generator.run(outlet, stop);
  }
  const relay = { lineBytesMax: lines.lineBytesMax, oversize: (before: number) => events.oversize(before) };
  return async (outlet) => relayLines(await lines.inputs(), outlet, relay, stop);
}

/** Runs `work`. If it hasn't ended STOP_MS_MAX after `stop` aborts, calls `giveUp`. @returns the error that it failed with */
async function within(stop: AbortSignal, work: () => Promise<void>, giveUp: () => Promise<void>): Promise<unknown> {
  if (stop.aborted) return undefined;
  let deadline: NodeJS.Timeout | undefined;
  const begin = (): void => {
    deadline = setTimeout(giveUp, STOP_MS_MAX);
  };
  stop.addEventListener("abort", begin, { once: true });
  try {
    await work();
    return undefined;
  } catch (error) {
    return stop.aborted ? undefined : error;
  } finally {
    stop.removeEventListener("abort", begin);
    clearTimeout(deadline);
  }
}

function unlessStopped(stop: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!stop.aborted) throw error;
  };
}
