import type { Channel } from "../../transports/transport.ts";
import { type Answer, encodeMessage } from "./protocol.ts";
import type { StreamRoad } from "./stream-road.ts";

/** Up to a position in the sink lie all lines up to a number. */
interface Mark {
  readonly position: number;
  readonly number: number;
}

const NO_MEMORY = "no memory for an unfinished line; send it again later";

/** One connection of an acknowledged sender: counts its lines, and says which of them are stored. */
export class AckedChannel {
  readonly producer: string;
  readonly #channel: Channel;
  readonly #road: StreamRoad;
  /** Number of the channel's first line. */
  readonly #from: number;
  readonly #marks: Mark[] = [];
  #oversizeTold = 0;
  #over = false;

  /**
   * @param from number of the first line that will come on this channel
   * @param owed where the lines before it that the sender still holds end in the sink; they are acknowledged here too
   */
  constructor(producer: string, channel: Channel, road: StreamRoad, from: number, owed: number | undefined) {
    this.producer = producer;
    this.#channel = channel;
    this.#road = road;
    this.#from = from;
    if (owed !== undefined) this.#marks.push({ position: owed, number: from - 1 });
    road.onEvicted(() => this.refuse(NO_MEMORY));
  }

  /** Number of the line that comes next. */
  get next(): number {
    return this.#from + this.#road.lines;
  }

  /** Nothing waits to be acknowledged. */
  get quiet(): boolean {
    return this.#marks.length === 0;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Takes bytes in. @param position reads where the sink's next line will begin */
  take(chunk: Buffer, position: () => number): void {
    if (this.#over) return;
    const before = this.next;
    this.#road.push(chunk);
    if (this.next > before) this.#mark(position());
    if (this.#road.shed) this.refuse(NO_MEMORY);
  }

  /** Acknowledges what is stored up to a position in the sink. */
  acknowledge(upTo: number): void {
    let stored: Mark | undefined;
    while (this.#marks[0] !== undefined && this.#marks[0].position <= upTo) stored = this.#marks.shift();
    if (stored !== undefined && !this.#over) this.#say({ ack: stored.number });
  }

  /** Ends the connection because it can't go on. What has been taken counts, and is acknowledged to the next one. */
  refuse(reason: string): void {
    if (this.#over) return;
    this.#say({ error: reason });
    this.end();
    this.#channel.close?.();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#road.discard();
  }

  /** Lines up to the last one taken end at this position. */
  #mark(position: number): void {
    // Lines that left nothing in the file (blank ones) move the number on at the same position.
    if (this.#marks.at(-1)?.position === position) this.#marks.pop();
    this.#marks.push({ position, number: this.next - 1 });
    this.#tellOversize();
  }

  #tellOversize(): void {
    const refused = this.#road.oversize - this.#oversizeTold;
    if (refused === 0) return;
    this.#oversizeTold = this.#road.oversize;
    this.#say({ refused, upTo: this.next - 1 });
  }

  #say(answer: Answer): void {
    this.#channel.reply?.(encodeMessage(answer));
  }
}
