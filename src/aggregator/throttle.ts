import {
  BUSY_GAP_MS,
  BUSY_ITERATIONS,
  SLEEP_DROPS_SHARE,
  SLEEP_MS_MAX,
  SLEEP_MS_MIN,
  SLEEP_PEER_SHARE,
  SLEEP_QUEUE_SHARE,
} from "../core/tuning.ts";
import { ThreadSleep } from "../os/thread-sleep.ts";
import type { KernelCapacity, TransportTraits } from "../transports/transport.ts";

/** Weight of the newest turn in a flow's average. */
const NEWEST_WEIGHT = 1 / 8;

/** What one listener brings in, beside what its senders could get rid of while nobody reads. */
export class Flow {
  /** Nothing is held before the listener has said so. */
  kernelCapacity: KernelCapacity = () => 0;
  readonly #traits: TransportTraits;
  readonly #share: number;
  readonly #lines: () => number;
  readonly #begin: () => void;
  #linesBefore = 0;
  #lineBytes = 0;
  #bytes = 0;
  #reads = 0;
  /** Senders that brought something in one turn lately. */
  #senders = 1;

  /**
   * @param lines lines taken since the start
   * @param begin called before input is noted
   */
  constructor(traits: TransportTraits, lines: () => number, begin: () => void) {
    this.#traits = traits;
    this.#share = shareOf(traits);
    this.#lines = lines;
    this.#begin = begin;
  }

  /** Notes input of this turn: chunks of a stream, or messages. */
  note(bytes: number, reads: number): void {
    this.#begin();
    this.#bytes += bytes;
    this.#reads += reads;
  }

  /** Ends a turn. @returns what came, as a part of what may come in one turn; above 1 a sender may have had to wait */
  endIteration(): number {
    if (this.#bytes === 0) return 0;
    const { boundary, channel } = this.#traits;
    const lines = this.#lines();
    const units = boundary === "message" ? this.#reads : lines - this.#linesBefore;
    this.#linesBefore = lines;
    if (units > 0)
      this.#lineBytes += (this.#bytes / units - this.#lineBytes) * (this.#lineBytes === 0 ? 1 : NEWEST_WEIGHT);
    this.#senders =
      channel === "shared" ? 1 : Math.max(this.#reads, this.#senders + (this.#reads - this.#senders) * NEWEST_WEIGHT);
    const fill = (this.#bytes * this.#share) / (this.#senders * this.kernelCapacity(this.#lineBytes));
    this.#bytes = 0;
    this.#reads = 0;
    return fill;
  }
}

function shareOf({ channel, overload }: TransportTraits): number {
  if (channel === "peer") return SLEEP_PEER_SHARE;
  return overload === "drops" ? SLEEP_DROPS_SHARE : SLEEP_QUEUE_SHARE;
}

/**
 * A short rest at the end of hot turns. Where every turn of the event loop brings a little and the next one is due at once,
 * system calls cost more than the lines; a rest lets lines gather, and then one call takes many. It grows from turn to turn
 * until a turn brings what senders can get rid of without waiting, shrinks when it brings more, and there is none while
 * turns are further apart than a rest is long.
 */
export class Throttle {
  readonly #flows: Flow[] = [];
  readonly #sleep: ThreadSleep | undefined;
  #isStopped = false;
  #isIterating = false;
  #busyIterations = 0;
  #sleepMs = SLEEP_MS_MIN;
  #sleptAt = 0;

  /** @param isThrottled false: every line goes on at once */
  constructor(isThrottled: boolean) {
    this.#sleep = isThrottled ? new ThreadSleep() : undefined;
  }

  flow(traits: TransportTraits, lines: () => number): Flow {
    const flow = new Flow(traits, lines, this.#begin);
    this.#flows.push(flow);
    return flow;
  }

  /** No rest from here on. */
  stop(): void {
    this.#isStopped = true;
  }

  readonly #begin = (): void => {
    if (this.#isIterating || this.#sleep === undefined || this.#isStopped) return;
    this.#isIterating = true;
    const isNext = performance.now() - this.#sleptAt < BUSY_GAP_MS;
    this.#busyIterations = isNext ? Math.min(this.#busyIterations + 1, 2 * BUSY_ITERATIONS) : this.#busyIterations >> 1;
    setImmediate(this.#end);
  };

  readonly #end = (): void => {
    this.#isIterating = false;
    let fill = 0;
    for (const flow of this.#flows) fill = Math.max(fill, flow.endIteration());
    const isBusy = this.#busyIterations >= BUSY_ITERATIONS;
    this.#sleepMs = isBusy ? nextSleep(this.#sleepMs, fill) : SLEEP_MS_MIN;
    if (isBusy && !this.#isStopped && this.#sleepMs >= SLEEP_MS_MIN) this.#sleep?.for(this.#sleepMs);
    this.#sleptAt = performance.now();
  };
}

/** By how much a rest grows and shrinks from one turn to the next at most. */
const GROWTH_MAX = 1.25;
const GROWTH_MIN = 0.5;

function nextSleep(sleepMs: number, fill: number): number {
  const growth = Math.min(GROWTH_MAX, Math.max(GROWTH_MIN, 1 / fill));
  return Math.min(SLEEP_MS_MAX, Math.max(SLEEP_MS_MIN / 2, sleepMs * growth));
}
