import type { Backpressure } from "../../core/backpressure.ts";
import type { Connection, StreamReceiver } from "../../transports/transport.ts";
import { encodeMessage, MESSAGE_BYTES_MAX, parseHello } from "../protocol.ts";
import type { AckedChannel } from "./acked-channel.ts";
import type { Acknowledgements } from "./acknowledgements.ts";
import type { ChannelFraming } from "./counted-framer.ts";

const LF = 0x0a;

export interface HelloContext {
  readonly framing: ChannelFraming;
  readonly acknowledgements: Acknowledgements;
  /** Notes input. @returns the sink's backpressure */
  noteInput(bytes: number, parts: number): Backpressure;
}

/**
 * Receives the hello with which an acknowledged connection begins, answers it, and hands the connection over to
 * AckedLines.
 */
export class HelloReceiver implements StreamReceiver {
  readonly #connection: Connection;
  readonly #context: HelloContext;
  readonly #plain: StreamReceiver;
  #start: Buffer = Buffer.alloc(0);
  #answered = false;

  /** @param plain receives a hello that ends before its LF: it is a log line like any other */
  constructor(connection: Connection, context: HelloContext, plain: StreamReceiver) {
    this.#connection = connection;
    this.#context = context;
    this.#plain = plain;
  }

  receive(chunk: Buffer): Backpressure {
    if (this.#answered) return undefined; // refused: what follows is discarded
    const start = this.#start.length === 0 ? chunk : Buffer.concat([this.#start, chunk]);
    const end = start.indexOf(LF);
    if ((end < 0 ? start.length : end) >= MESSAGE_BYTES_MAX) {
      this.#refuse(`a hello has at most ${MESSAGE_BYTES_MAX} bytes with its LF`);
    } else if (end < 0) {
      this.#start = Buffer.from(start);
      return undefined;
    } else this.#answer(start.subarray(0, end), start.subarray(end + 1));
    return this.#context.noteInput(start.length, 1);
  }

  end(): void {
    if (this.#answered) return;
    this.#plain.receive(this.#start);
    this.#plain.end();
  }

  #answer(line: Buffer, following: Buffer): void {
    const { acknowledgements, framing } = this.#context;
    const hello = parseHello(line);
    if (typeof hello === "string") this.#refuse(hello);
    else if (following.length > 0) this.#refuse("wait for the welcome before sending lines");
    else {
      this.#answered = true;
      const channel = acknowledgements.begin(hello, this.#connection, framing);
      this.#connection.handTo(new AckedLines(channel, this.#context));
    }
  }

  #refuse(error: string): void {
    this.#answered = true;
    this.#connection.reply(encodeMessage({ error, retry: false }));
    this.#connection.close();
  }
}

/** Receives the lines of an acknowledged connection. */
class AckedLines implements StreamReceiver {
  readonly #channel: AckedChannel;
  readonly #context: HelloContext;

  constructor(channel: AckedChannel, context: HelloContext) {
    this.#channel = channel;
    this.#context = context;
  }

  receive(chunk: Buffer): Backpressure {
    this.#context.acknowledgements.receive(this.#channel, chunk);
    return this.#context.noteInput(chunk.length, 1);
  }

  end(): void {
    this.#context.acknowledgements.end(this.#channel);
  }
}
