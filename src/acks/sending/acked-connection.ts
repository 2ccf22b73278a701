import { OperationalError } from "../../core/errors.ts";
import {
  type Answer,
  encodeMessage,
  type LineNumber,
  MESSAGE_BYTES_MAX,
  parseAnswer,
  VERSION,
  type Welcome,
} from "../protocol.ts";
import type { AckWindow } from "./ack-window.ts";

/** Names a sequence of lines (docs/acknowledgements.md). */
export interface SequenceName {
  readonly producer: string;
  readonly run: string;
}

/** What the dialogue needs of a connection, such as a Socket of Node's. */
export interface DialogueSocket {
  readonly writable: boolean;
  readonly destroyed: boolean;
  setEncoding(encoding: "utf8"): unknown;
  on(event: "data", listener: (text: string) => void): unknown;
  once(event: "close", listener: () => void): unknown;
  write(bytes: Buffer): unknown;
  end(): unknown;
  destroy(): unknown;
}

export interface AckedConnectionOptions {
  readonly name: SequenceName;
  /** The lines to send. Those in it when the welcome arrives are sent immediately. */
  readonly window: AckWindow;
  /**
   * Lines were acknowledged; the window knows which. `tooLong` of them were longer than `lineBytesMax`, so they were
   * not stored.
   */
  acknowledged(tooLong: number, lineBytesMax: number): void;
  /** The connection has ended. An error means that another connection can't help. */
  over(fatal: OperationalError | undefined): void;
}

/**
 * One connection's side of the dialogue of docs/acknowledgements.md. The aggregator's answers are checked, not trusted.
 */
export class AckedConnection {
  readonly #socket: DialogueSocket;
  readonly #options: AckedConnectionOptions;
  readonly #first: LineNumber;
  #unparsed = "";
  #welcome: Welcome | undefined;
  #fatal: OperationalError | undefined;

  constructor(socket: DialogueSocket, options: AckedConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#first = options.window.first;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#receive(text));
    socket.once("close", () => options.over(this.#fatal));
    socket.write(encodeMessage({ hello: VERSION, ...options.name, first: this.#first }));
  }

  /** Lines may be sent. */
  get isOpen(): boolean {
    return this.#welcome !== undefined && this.#socket.writable;
  }

  /** Queues whole lines for the kernel, the last ones of the window; they must not change afterwards. */
  send(lines: Buffer): void {
    this.#socket.write(lines);
    this.#options.window.markSent();
  }

  /** Ends the connection in order: what was sent is delivered. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    const lines = (this.#unparsed + text).split("\n");
    this.#unparsed = lines.pop() ?? "";
    for (const line of lines) {
      if (this.#socket.destroyed) return; // whatever follows a refusal
      const answer = Buffer.byteLength(line) < MESSAGE_BYTES_MAX ? parseAnswer(line) : undefined;
      if (answer === undefined) this.#fail(notInProtocol(line));
      else this.#answer(answer);
    }
    if (this.#socket.destroyed) return;
    if (this.#unparsed.length >= MESSAGE_BYTES_MAX) this.#fail(notInProtocol(this.#unparsed));
  }

  #answer(answer: Answer): void {
    const objection = this.#objection(answer);
    if (objection !== undefined) this.#fail(objection);
    else if ("error" in answer) this.#socket.destroy();
    else if ("welcome" in answer) this.#begin(answer);
    else if ("ack" in answer) this.#acknowledge(answer.ack);
    // "refused" is ignored: the acknowledgement and the lines' lengths say as much, and it may be lost or repeated.
  }

  /** Why an answer ends the sequence: it refuses the sequence, or it can't be true. */
  #objection(answer: Answer): string | undefined {
    const { sent } = this.#options.window;
    if ("error" in answer) return answer.retry ? undefined : `refuses it: ${answer.error}`;
    if ("welcome" in answer) {
      if (this.#welcome !== undefined) return "sends a second welcome";
      if (answer.next < this.#first) return `wants line ${answer.next}, and the oldest one pending is ${this.#first}`;
      return answer.next > sent ? `has ${answer.next} lines already, and ${sent} were sent` : undefined;
    }
    if (this.#welcome === undefined) return "answers before its welcome";
    if ("ack" in answer)
      return answer.ack >= sent ? `acknowledges line ${answer.ack}, and ${sent} were sent` : undefined;
    return answer.upTo >= sent ? `refuses line ${answer.upTo}, and ${sent} were sent` : undefined;
  }

  #begin(welcome: Welcome): void {
    this.#welcome = welcome;
    for (const lines of this.#options.window.from(welcome.next)) this.send(lines);
  }

  #acknowledge(number: LineNumber): void {
    const { window, acknowledged } = this.#options;
    const lineBytesMax = this.#welcome?.lineBytesMax ?? 0;
    acknowledged(window.acknowledge(number, lineBytesMax), lineBytesMax);
  }

  /** From now on no line counts as stored, and another connection wouldn't help. */
  #fail(fact: string): void {
    const { producer, run } = this.#options.name;
    this.#fatal = new OperationalError(
      "ACKNOWLEDGEMENT_REFUSED",
      `producer ${producer}, run ${run}: the aggregator ${fact}, so nothing more counts as stored; ` +
        `make sure that nobody else uses these names and that the aggregator speaks ${VERSION}, and start again`,
    );
    this.#socket.destroy();
  }
}

function notInProtocol(line: string): string {
  return `answers "${line.slice(0, 80)}", which isn't in the protocol`;
}
