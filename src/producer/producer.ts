import { formatAddress } from "../core/endpoint.ts";
import { STOP_MS_MAX } from "../core/limits.ts";
import { transportOf } from "../transports/registry.ts";
import { type GeneratedLines, LineGenerator, type Timetable } from "./generated-lines.ts";
import { attachedOutlet, type OutletOptions, type SenderEvents } from "./open-outlet.ts";
import type { Outlet, Tally } from "./outlet.ts";
import { type RelayedInput, relayLines } from "./relayed-lines.ts";

/** Lines that others write. */
export interface RelayedLines {
  /** Called once an aggregator is reached. */
  inputs(): Promise<readonly RelayedInput[]>;
  /** Longest line kept, without its LF. */
  readonly lineBytesMax: number;
}

export interface ProducerEvents extends SenderEvents {
  /** An aggregator is reached. The tally grows while lines are shipped. */
  shipping(tally: Readonly<Tally>): void;
  /** A line was longer than `lineBytesMax`; `linesBefore` lines had come before the chunk it was in. */
  oversize(linesBefore: number): void;
}

export interface ProduceOptions extends OutletOptions {
  readonly lines: GeneratedLines | RelayedLines;
  /** Called once an aggregator is reached; the first line is sent when it resolves. */
  readonly begin?: (() => Promise<void>) | undefined;
  /** Ends the producer: no further line is sent, and a pending send gets STOP_MS_MAX. */
  readonly stop: AbortSignal;
  readonly events: ProducerEvents;
}

export interface Production extends Tally {
  readonly transport: string;
  readonly address: string;
  /** From the first line until the last one was sent. */
  readonly seconds: number;
  /** Undefined for lines that had no schedule. */
  readonly timetable: Timetable | undefined;
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
  const shipper = shipperOf(options, transport.name, transport.traits.atomicBytesMax);
  const { outlet, sender: attached, gaveUp } = attachedOutlet(options);
  await using sender = attached;
  await sender.open(stop).catch(unlessStopped(stop));
  await options.begin?.();
  const started = performance.now();
  options.events.shipping(outlet.tally);
  const failure = await within(
    stop,
    () => shipper.ship(outlet),
    () => sender.close(),
  );
  await sender.close();
  return {
    ...outlet.tally,
    transport: transport.name,
    address: formatAddress(endpoint),
    seconds: (performance.now() - started) / 1000,
    timetable: shipper.timetable(),
    failure: failure ?? (outlet.tally.unsent.unacknowledged > 0 ? gaveUp() : undefined),
  };
}

/** How the lines get to the outlet. */
interface Shipper {
  ship(outlet: Outlet): Promise<void>;
  timetable(): Timetable | undefined;
}

/** Errors in the lines are found here, before a connection is tried. */
function shipperOf(options: ProduceOptions, transport: string, bytesMax: number): Shipper {
  const { lines, events, stop } = options;
  if ("producer" in lines) {
    const generator = new LineGenerator(lines, transport, bytesMax);
    return { ship: (outlet) => generator.run(outlet, stop), timetable: () => generator.timetable };
  }
  const { lineBytesMax } = lines;
  // Wrapped, a line must be no longer than the aggregator stores by default either, as it would be if the aggregator
  // wrapped it.
  const wrappedBytesMax = Math.min(bytesMax, lineBytesMax + 1);
  const oversize = (before: number): void => events.oversize(before);
  const relay = { lineBytesMax, wrappedBytesMax, oversize, stop };
  return { ship: async (outlet) => relayLines(await lines.inputs(), outlet, relay), timetable: () => undefined };
}

/**
 * Runs `work`. If it hasn't ended STOP_MS_MAX after `stop` aborts, calls `giveUp`.
 *
 * @returns the error that it failed with
 */
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
