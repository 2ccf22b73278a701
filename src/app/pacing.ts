import {
  REST_CHUNK_BYTES,
  REST_DROPS_SHARE,
  REST_GAP_MS,
  REST_MESSAGE_BYTES,
  REST_MS_MAX,
  REST_MS_MIN,
  REST_OVERHEAD_MS,
  REST_QUEUE_SHARE,
  REST_WARM_TURNS,
} from "../core/limits.ts";
import type { TransportTraits } from "../transports/transport.ts";

/** What the kernel holds for all senders of a listener together, as far as it is known. */
export interface SharedQueue {
  readonly messagesMax?: number | undefined;
  readonly bytesMax?: number | undefined;
}

/** Weight of the newest turn in a flow's averages. */
const NEWEST = 1 / 8;

/** A turn counts as this long at most, so that a pause before it doesn't pass for a low rate. */
const TURN_MS_MAX = 2;

/** What one listener brings in, and so how long its senders can go on while nobody reads. */
export class Flow {
  readonly #traits: TransportTraits;
  readonly #begin: () => void;
  #queue: SharedQueue = {};
  #bytes = 0;
  #pieces = 0;
  #bytesAverage = 0;
  #piecesAverage = 0;

  /** @param begin called before input is noted */
  constructor(traits: TransportTraits, begin: () => void) {
    this.#traits = traits;
    this.#begin = begin;
  }

  queues(queue: SharedQueue): void {
    this.#queue = queue;
  }

  /** Notes input of this turn: chunks of a stream, or messages. */
  took(bytes: number, pieces: number): void {
    this.#begin();
    this.#bytes += bytes;
    this.#pieces += pieces;
  }

  turned(): void {
    this.#bytesAverage += (this.#bytes - this.#bytesAverage) * NEWEST;
    this.#piecesAverage += (this.#pieces - this.#piecesAverage) * NEWEST;
    this.#bytes = 0;
    this.#pieces = 0;
  }

  /** How many usual turns' worth of input its senders can get rid of while nobody reads; Infinity when there is none. */
  turnsHeld(): number {
    return this.#bytesAverage < 1 ? Number.POSITIVE_INFINITY : this.#bytesHeld() / this.#bytesAverage;
  }

  #bytesHeld(): number {
    const { boundary, channel, overload } = this.#traits;
    const share = overload === "drops" ? REST_DROPS_SHARE : REST_QUEUE_SHARE;
    const { messagesMax = 0, bytesMax = 0 } = this.#queue;
    if (channel === "peer") return this.#piecesAverage * REST_CHUNK_BYTES;
    if (boundary === "stream") return bytesMax / share;
    const messageBytes = this.#bytesAverage / this.#piecesAverage;
    const messages = Math.max(messagesMax, bytesMax / (messageBytes + REST_MESSAGE_BYTES));
    return (messages * messageBytes) / share;
  }
}

/**
 * A short rest at the end of hot turns. Where every turn of the event loop brings a little and the next one is due at once,
 * system calls cost more than the lines; a rest lets lines gather, and then one call takes many. It ends before any sender
 * would have to wait, and there is none while turns are further apart than a rest is long.
 */
export class Pacing {
  readonly #flows: Flow[] = [];
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));
  #resting: boolean;
  #inTurn = false;
  #warmTurns = 0;
  #turnMs = REST_MS_MAX;
  /** End of the last turn, before and after its rest. */
  #doneAt = 0;
  #restedAt = 0;

  /** @param resting false: every line goes on at once */
  constructor(resting: boolean) {
    this.#resting = resting;
  }

  flow(traits: TransportTraits): Flow {
    const flow = new Flow(traits, this.#begin);
    this.#flows.push(flow);
    return flow;
  }

  /** No rest from here on. */
  stop(): void {
    this.#resting = false;
  }

  readonly #begin = (): void => {
    if (this.#inTurn || !this.#resting) return;
    this.#inTurn = true;
    const isNext = performance.now() - this.#restedAt < REST_GAP_MS;
    this.#warmTurns = isNext ? Math.min(this.#warmTurns + 1, 2 * REST_WARM_TURNS) : this.#warmTurns >> 1;
    setImmediate(this.#end);
  };

  readonly #end = (): void => {
    this.#inTurn = false;
    const now = performance.now();
    this.#turnMs += (Math.min(now - this.#doneAt, TURN_MS_MAX) - this.#turnMs) * NEWEST;
    this.#doneAt = now;
    let turnsHeld = Number.POSITIVE_INFINITY;
    for (const flow of this.#flows) {
      flow.turned();
      turnsHeld = Math.min(turnsHeld, flow.turnsHeld());
    }
    const ms = Math.min(turnsHeld * this.#turnMs, REST_MS_MAX) - REST_OVERHEAD_MS;
    const rests = this.#resting && this.#warmTurns >= REST_WARM_TURNS && ms >= REST_MS_MIN;
    if (rests) Atomics.wait(this.#cell, 0, 0, ms);
    this.#restedAt = rests ? performance.now() : now;
  };
}
