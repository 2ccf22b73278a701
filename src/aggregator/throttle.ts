import {
  BUSY_GAP_MS,
  BUSY_ITERATIONS,
  SLEEP_BYTES_DROPPING,
  SLEEP_BYTES_PER_SENDER,
  SLEEP_BYTES_SHARED,
  SLEEP_MS_MAX,
  SLEEP_MS_MIN,
  SLEEP_QUEUE_SHARE,
} from "../core/tuning.ts";
import { ThreadSleep } from "../os/thread-sleep.ts";
import type { TransportTraits } from "../transports/transport.ts";

/** Weight of the newest iteration in a flow's average: about the last eight count, which evens out single bursts. */
const NEWEST_WEIGHT = 1 / 8;

/** How much one listener brings in per iteration, compared with what its senders can send meanwhile without waiting. */
export class Flow {
  /** Messages that the kernel queues for all senders together; undefined where it limits only their bytes. */
  queuedMessages: number | undefined;
  readonly #bytesMax: number;
  readonly #hasPeers: boolean;
  readonly #begin: () => void;
  #bytes = 0;
  #reads = 0;
  /** How many senders sent something in an iteration lately. */
  #senders = 1;

  /** @param begin called before input is noted */
  constructor(traits: TransportTraits, begin: () => void) {
    this.#bytesMax = bytesMaxOf(traits);
    this.#hasPeers = traits.channel === "peer";
    this.#begin = begin;
  }

  /** Notes input of this iteration: chunks of a stream, or messages. */
  note(bytes: number, reads: number): void {
    this.#begin();
    this.#bytes += bytes;
    this.#reads += reads;
  }

  /**
   * Ends an iteration.
   *
   * @returns its input as a share of what may arrive in one iteration; above 1 a sender may have had to wait
   */
  endIteration(): number {
    if (this.#reads === 0) return 0;
    const fill = this.#fill();
    this.#bytes = 0;
    this.#reads = 0;
    return fill;
  }

  #fill(): number {
    if (this.queuedMessages !== undefined) return (this.#reads * SLEEP_QUEUE_SHARE) / this.queuedMessages;
    if (this.#hasPeers)
      this.#senders = Math.max(this.#reads, this.#senders + (this.#reads - this.#senders) * NEWEST_WEIGHT);
    return this.#bytes / (this.#senders * this.#bytesMax);
  }
}

function bytesMaxOf({ channel, overload }: TransportTraits): number {
  if (channel === "peer") return SLEEP_BYTES_PER_SENDER;
  return overload === "drops" ? SLEEP_BYTES_DROPPING : SLEEP_BYTES_SHARED;
}

/**
 * Makes a busy event loop sleep briefly at the end of each iteration. When every iteration brings only a few lines and
 * the next one follows at once, system calls cost more than the lines do; after a sleep, one call takes many lines. The
 * sleep grows from iteration to iteration until an iteration brings as much as senders can send without waiting, and
 * shrinks when it brings more. The event loop never sleeps while its iterations are further apart than BUSY_GAP_MS.
 */
export class Throttle {
  readonly #flows: Flow[] = [];
  readonly #sleep: ThreadSleep | undefined;
  #isStopped = false;
  #isIterating = false;
  #busyIterations = 0;
  #sleepMs = SLEEP_MS_MIN;
  #sleptAt = 0;

  /** @param isThrottled false: the event loop never sleeps */
  constructor(isThrottled: boolean) {
    this.#sleep = isThrottled ? new ThreadSleep() : undefined;
  }

  flow(traits: TransportTraits): Flow {
    const flow = new Flow(traits, this.#begin);
    this.#flows.push(flow);
    return flow;
  }

  /** Never sleeps again. */
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

/**
 * How much a sleep may grow or shrink from one iteration to the next: slow growth and fast shrinking, because too short
 * a sleep only costs system calls, and too long a one makes senders wait.
 */
const GROWTH_MAX = 1.25;
const GROWTH_MIN = 0.5;

function nextSleep(sleepMs: number, fill: number): number {
  const growth = Math.min(GROWTH_MAX, Math.max(GROWTH_MIN, 1 / fill));
  return Math.min(SLEEP_MS_MAX, Math.max(SLEEP_MS_MIN / 2, sleepMs * growth));
}
