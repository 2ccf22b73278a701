import type { Backpressure } from "../../core/backpressure.ts";
import { StreamFramer } from "../../framing/stream-framer.ts";
import type { Channel, Receiver } from "../../transports/transport.ts";
import type { AckedChannel } from "./acked-channel.ts";
import type { Acknowledgements } from "./acknowledgements.ts";
import { encodeMessage, HELLO_START, MESSAGE_BYTES_MAX, parseHello } from "./protocol.ts";
import type { ChannelFraming } from "./stream-road.ts";

const LF = 0x0a;

/** A channel whose every line is a log line. */
export class PlainReceiver implements Receiver {
  readonly #framer: StreamFramer;
  readonly #room: () => Backpressure;

  /** @param room asks the sink whether there is room */
  constructor(framer: StreamFramer, room: () => Backpressure) {
    this.#framer = framer;
    this.#room = room;
  }

  receive(chunk: Buffer): Backpressure {
    this.#framer.push(chunk);
    return this.#room();
  }

  receiveBatch(): Backpressure {
    throw new TypeError("a stream has no messages");
  }

  end(): void {
    this.#framer.end();
  }
}

export interface Greeting {
  readonly framing: ChannelFraming;
  readonly acknowledgements: Acknowledgements;
  /** Asks the sink whether there is room. */
  room(): Backpressure;
}

/**
 * Looks at a channel's first line: a hello makes it an acknowledged one, anything else is the first log line. What is read
 * until that is clear is kept, at most one message.
 */
export class GreetedReceiver implements Receiver {
  readonly #channel: Channel;
  readonly #greeting: Greeting;
  #state: "unclear" | "refused" | StreamFramer | AckedChannel = "unclear";
  #start: Buffer = Buffer.alloc(0);

  constructor(channel: Channel, greeting: Greeting) {
    this.#channel = channel;
    this.#greeting = greeting;
  }

  receive(chunk: Buffer): Backpressure {
    const state = this.#state;
    if (state instanceof StreamFramer) state.push(chunk);
    else if (state === "unclear") this.#greet(chunk);
    else if (state !== "refused") this.#greeting.acknowledgements.take(state, chunk);
    return this.#greeting.room();
  }

  receiveBatch(): Backpressure {
    throw new TypeError("a stream has no messages");
  }

  end(): void {
    if (this.#state === "unclear" && this.#start.length > 0) this.#pass(this.#start);
    if (this.#state instanceof StreamFramer) this.#state.end();
    else if (typeof this.#state === "object") this.#greeting.acknowledgements.end(this.#state);
  }

  #greet(chunk: Buffer): void {
    const start = this.#start.length === 0 ? chunk : Buffer.concat([this.#start, chunk]);
    const known = Math.min(start.length, HELLO_START.length);
    if (start.compare(HELLO_START, 0, known, 0, known) !== 0) {
      this.#pass(start);
      return;
    }
    const end = start.indexOf(LF);
    if ((end < 0 ? start.length : end) >= MESSAGE_BYTES_MAX) {
      this.#refuse(`a hello has at most ${MESSAGE_BYTES_MAX} bytes with its LF`);
    } else if (end < 0) this.#start = Buffer.from(start);
    else this.#answer(start.subarray(0, end), start.subarray(end + 1));
  }

  /** It says no hello: its lines, of which these bytes are the first, are a plain sender's. */
  #pass(start: Buffer): void {
    const { framing } = this.#greeting;
    const framer = framing.frame(framing.framing);
    this.#state = framer;
    this.#start = Buffer.alloc(0);
    framer.push(start);
  }

  #answer(line: Buffer, rest: Buffer): void {
    this.#start = Buffer.alloc(0);
    const hello = parseHello(line);
    if (typeof hello === "string") this.#refuse(hello);
    else if (rest.length > 0) this.#refuse("wait for the welcome before sending lines");
    else this.#state = this.#greeting.acknowledgements.begin(hello, this.#channel, this.#greeting.framing);
  }

  #refuse(error: string): void {
    this.#state = "refused";
    this.#start = Buffer.alloc(0);
    this.#channel.reply?.(encodeMessage({ error, retry: false }));
    this.#channel.close?.();
  }
}
