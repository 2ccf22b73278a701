import { ACK_MARKS_MAX } from "../../core/limits.ts";
import type { Connection } from "../../transports/transport.ts";
import { type Answer, encodeMessage, type Refusal } from "../protocol.ts";
import type { CountedFramer } from "./counted-framer.ts";
import type { Taken } from "./remembered.ts";

/** Up to a position in the sink lie all lines up to a number. */
interface Mark {
  readonly position: number;
  readonly number: number;
}

const NO_MEMORY: Refusal = { error: "no memory for an unfinished line", retry: true };

export interface AckedChannelOptions {
  /** The sequence's, unique in the aggregator. */
  readonly name: string;
  readonly connection: Connection;
  readonly framer: CountedFramer;
  /** What earlier connections brought. */
  readonly taken: Taken;
  /** Number of the oldest line that the sender holds. */
  readonly first: number;
}

/** One connection of an acknowledged sender: counts its lines, and says which of them are stored. */
export class AckedChannel {
  readonly name: string;
  readonly #connection: Connection;
  readonly #framer: CountedFramer;
  /** Number of the channel's first line. */
  readonly #from: number;
  readonly #marks: Mark[] = [];
  #taken: Taken;
  #oversizeReported = 0;
  /** Number of the last line that is stored and not acknowledged yet. */
  #stored: number | undefined;
  /** Earlier answers wait to be read. */
  #unread = false;
  #over = false;

  constructor({ name, connection, framer, taken, first }: AckedChannelOptions) {
    this.name = name;
    this.#connection = connection;
    this.#framer = framer;
    this.#taken = taken;
    this.#from = Math.max(first, taken.next);
    framer.onEvicted(() => this.refuse(NO_MEMORY));
    // Lines that the sender holds and must not send again are acknowledged here.
    if (taken.next > first) this.#marks.push({ position: taken.position, number: taken.next - 1 });
  }

  /** Number of the line that comes next. */
  get next(): number {
    return this.#from + this.#framer.lines;
  }

  get taken(): Taken {
    return this.#taken;
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
    this.#framer.push(chunk);
    if (this.next > before) this.#mark(position());
    if (this.#framer.shed) this.refuse(NO_MEMORY);
  }

  /** Acknowledges what is stored up to a position in the sink: at once, or when the sender has read earlier answers. */
  acknowledge(upTo: number): void {
    let stored: Mark | undefined;
    while (this.#marks[0] !== undefined && this.#marks[0].position <= upTo) stored = this.#marks.shift();
    if (stored === undefined) return;
    this.#stored = stored.number;
    this.#tell();
  }

  /** Ends the connection because it can't go on. What has been taken counts, and is acknowledged to the next one. */
  refuse(refusal: Refusal): void {
    if (this.#over) return;
    void this.#connection.reply(encodeMessage(refusal));
    this.end();
    this.#connection.close();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#framer.discard();
  }

  /** Lines up to the last one taken end at this position. */
  #mark(position: number): void {
    this.#taken = { next: this.next, position };
    // Lines that left nothing in the file (blank ones) move the number on at the same position.
    const isSame = this.#marks.at(-1)?.position === position;
    if (isSame || this.#marks.length === ACK_MARKS_MAX) this.#marks.pop();
    this.#marks.push({ position, number: this.next - 1 });
    this.#tell();
  }

  /** Says what the sender doesn't know yet, as far as it reads. */
  #tell(): void {
    const refused = this.#framer.oversize - this.#oversizeReported;
    if (refused > 0 && this.#say({ refused, upTo: this.next - 1 })) this.#oversizeReported += refused;
    if (this.#stored !== undefined && this.#say({ ack: this.#stored })) this.#stored = undefined;
  }

  /** @returns false when earlier answers wait to be read: everything that is to be said will be told then */
  #say(answer: Answer): boolean {
    if (this.#over || this.#unread) return false;
    const unread = this.#connection.reply(encodeMessage(answer));
    this.#unread = unread !== undefined;
    void unread?.then(() => {
      this.#unread = false;
      this.#tell();
    });
    return true;
  }
}
