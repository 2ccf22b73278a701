import type { Backpressure } from "../../core/backpressure.ts";
import type { Connection, StreamReceiver } from "../../transports/transport.ts";
import { encodeMessage, MESSAGE_BYTES_MAX, parseHello } from "../protocol.ts";
import type { AckedChannel } from "./acked-channel.ts";
import type { Acknowledgements } from "./acknowledgements.ts";
import type { ChannelFraming } from "./counted-framer.ts";

const LF = 0x0a;

export interface Greeting {
  readonly framing: ChannelFraming;
  readonly acknowledgements: Acknowledgements;
  /** Notes input. @returns what the sink says of more */
  took(bytes: number, parts: number): Backpressure;
}

/** Takes the hello with which an acknowledged connection begins, answers it, and hands the connection to what takes its lines. */
export class HelloReceiver implements StreamReceiver {
  readonly #connection: Connection;
  readonly #greeting: Greeting;
  readonly #plain: StreamReceiver;
  #start: Buffer = Buffer.alloc(0);
  #answered = false;

  /** @param plain takes a hello that ends before its LF has come: it is a log line like any other */
  constructor(connection: Connection, greeting: Greeting, plain: StreamReceiver) {
    this.#connection = connection;
    this.#greeting = greeting;
    this.#plain = plain;
  }

  receive(chunk: Buffer): Backpressure {
    if (this.#answered) return undefined; // refused: what follows is forgotten
    const start = this.#start.length === 0 ? chunk : Buffer.concat([this.#start, chunk]);
    const end = start.indexOf(LF);
    if ((end < 0 ? start.length : end) >= MESSAGE_BYTES_MAX) {
      this.#refuse(`a hello has at most ${MESSAGE_BYTES_MAX} bytes with its LF`);
    } else if (end < 0) {
      this.#start = Buffer.from(start);
      return undefined;
    } else this.#answer(start.subarray(0, end), start.subarray(end + 1));
    return this.#greeting.took(start.length, 1);
  }

  end(): void {
    if (this.#answered) return;
    this.#plain.receive(this.#start);
    this.#plain.end();
  }

  #answer(line: Buffer, rest: Buffer): void {
    const { acknowledgements, framing } = this.#greeting;
    const hello = parseHello(line);
    if (typeof hello === "string") this.#refuse(hello);
    else if (rest.length > 0) this.#refuse("wait for the welcome before sending lines");
    else {
      this.#answered = true;
      const channel = acknowledgements.begin(hello, this.#connection, framing);
      this.#connection.handTo(new AckedLines(channel, this.#greeting));
    }
  }

  #refuse(error: string): void {
    this.#answered = true;
    this.#connection.reply(encodeMessage({ error, retry: false }));
    this.#connection.close();
  }
}

/** Takes the lines of an acknowledged connection. */
class AckedLines implements StreamReceiver {
  readonly #channel: AckedChannel;
  readonly #greeting: Greeting;

  constructor(channel: AckedChannel, greeting: Greeting) {
    this.#channel = channel;
    this.#greeting = greeting;
  }

  receive(chunk: Buffer): Backpressure {
    this.#greeting.acknowledgements.take(this.#channel, chunk);
    return this.#greeting.took(chunk.length, 1);
  }

  end(): void {
    this.#greeting.acknowledgements.end(this.#channel);
  }
}
