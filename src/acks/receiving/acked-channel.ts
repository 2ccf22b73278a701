import { ACK_MARKS_MAX } from "../../core/limits.ts";
import type { SinkPosition } from "../../sink/sink.ts";
import type { Connection } from "../../transports/transport.ts";
import { type Answer, encodeMessage, type LineNumber, type Refusal } from "../protocol.ts";
import type { CountedFramer } from "./counted-framer.ts";
import type { Progress } from "./remembered.ts";

/** All lines up to this number end at or before this position in the sink. */
interface Mark {
  readonly position: SinkPosition;
  readonly number: LineNumber;
}

const NO_MEMORY: Refusal = { error: "no memory for an unfinished line", retry: true };

export interface AckedChannelOptions {
  /** The sequence's name, unique in the aggregator. */
  readonly name: string;
  readonly connection: Connection;
  readonly framer: CountedFramer;
  /** How far earlier connections got. */
  readonly progress: Progress;
  /** Number of the oldest line that the sender has pending. */
  readonly first: LineNumber;
}

/** One connection of an acknowledged sender: numbers its lines, and acknowledges those that are stored. */
export class AckedChannel {
  readonly name: string;
  readonly #connection: Connection;
  readonly #framer: CountedFramer;
  /** Number of the channel's first line. */
  readonly #firstLine: LineNumber;
  readonly #marks: Mark[] = [];
  #progress: Progress;
  #oversizeReported = 0;
  /** Number of the last line that is stored and not yet acknowledged. */
  #stored: LineNumber | undefined;
  /** The sender hasn't read earlier answers yet. */
  #isReplyPending = false;
  #isOver = false;

  constructor({ name, connection, framer, progress, first }: AckedChannelOptions) {
    this.name = name;
    this.#connection = connection;
    this.#framer = framer;
    this.#progress = progress;
    this.#firstLine = Math.max(first, progress.next);
    framer.onEvicted(() => this.refuse(NO_MEMORY));
    // Lines that the sender has pending and must not send again are acknowledged here.
    if (progress.next > first) this.#marks.push({ position: progress.position, number: progress.next - 1 });
  }

  /** Number of the next line. */
  get next(): LineNumber {
    return this.#firstLine + this.#framer.lines;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** No line waits to be acknowledged. */
  get isQuiet(): boolean {
    return this.#marks.length === 0;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Receives bytes. @param position returns where the sink's next line will begin */
  receive(chunk: Buffer, position: () => SinkPosition): void {
    if (this.#isOver) return;
    const before = this.next;
    this.#framer.push(chunk);
    if (this.next > before) this.#mark(position());
    if (this.#framer.hasShed) this.refuse(NO_MEMORY);
  }

  /**
   * Acknowledges what is stored up to a position in the sink: immediately, or when the sender has read earlier answers.
   */
  acknowledge(upTo: SinkPosition): void {
    let stored: Mark | undefined;
    while (this.#marks[0] !== undefined && this.#marks[0].position <= upTo) stored = this.#marks.shift();
    if (stored === undefined) return;
    this.#stored = stored.number;
    this.#report();
  }

  /**
   * Ends the connection because it can't continue. Lines received before count, and are acknowledged on the next
   * connection.
   */
  refuse(refusal: Refusal): void {
    if (this.#isOver) return;
    void this.#connection.reply(encodeMessage(refusal));
    this.end();
    this.#connection.close();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#framer.discard();
  }

  /** Notes that the lines received so far end at this position. */
  #mark(position: SinkPosition): void {
    this.#progress = { next: this.next, position };
    // Lines that leave nothing in the file (blank ones) increase the number at the same position.
    const isSame = this.#marks.at(-1)?.position === position;
    if (isSame || this.#marks.length === ACK_MARKS_MAX) this.#marks.pop();
    this.#marks.push({ position, number: this.next - 1 });
    this.#report();
  }

  /** Sends what the sender doesn't know yet, unless it hasn't read earlier answers. */
  #report(): void {
    const refused = this.#framer.oversize - this.#oversizeReported;
    if (refused > 0 && this.#reply({ refused, upTo: this.next - 1 })) this.#oversizeReported += refused;
    if (this.#stored !== undefined && this.#reply({ ack: this.#stored })) this.#stored = undefined;
  }

  /** @returns false while earlier answers are unread: #report() runs again when the sender has read them */
  #reply(answer: Answer): boolean {
    if (this.#isOver || this.#isReplyPending) return false;
    const replying = this.#connection.reply(encodeMessage(answer));
    this.#isReplyPending = replying !== undefined;
    void replying?.then(() => {
      this.#isReplyPending = false;
      this.#report();
    });
    return true;
  }
}
