import type { Backpressure } from "../../core/backpressure.ts";
import type { Channel, Receiver } from "../../transports/transport.ts";
import type { AckedChannel } from "./acked-channel.ts";
import type { Acknowledgements } from "./acknowledgements.ts";
import { encodeMessage, HELLO_START, MESSAGE_BYTES_MAX, parseHello } from "./protocol.ts";
import type { StreamRoad } from "./stream-road.ts";

const LF = 0x0a;

/** A channel whose every line is a log line. */
export class PlainReceiver implements Receiver {
  readonly #road: StreamRoad;
  readonly #room: () => Backpressure;

  /** @param room asks the sink whether there is room */
  constructor(road: StreamRoad, room: () => Backpressure) {
    this.#road = road;
    this.#room = room;
  }

  receive(chunk: Buffer): Backpressure {
    this.#road.pass(chunk);
    return this.#room();
  }

  receiveBatch(): Backpressure {
    throw new TypeError("a stream has no messages");
  }

  end(): void {
    this.#road.end();
  }
}

/**
 * Looks at a channel's first line: a hello makes it an acknowledged one, anything else is the first log line. What is read
 * until that is clear is kept, at most one message.
 */
export class GreetedReceiver implements Receiver {
  readonly #channel: Channel;
  readonly #road: StreamRoad;
  readonly #acknowledgements: Acknowledgements;
  readonly #room: () => Backpressure;
  #state: "unclear" | "plain" | "refused" | AckedChannel = "unclear";
  #start: Buffer = Buffer.alloc(0);

  /** @param room asks the sink whether there is room */
  constructor(channel: Channel, road: StreamRoad, acknowledgements: Acknowledgements, room: () => Backpressure) {
    this.#channel = channel;
    this.#road = road;
    this.#acknowledgements = acknowledgements;
    this.#room = room;
  }

  receive(chunk: Buffer): Backpressure {
    if (this.#state === "plain") this.#road.pass(chunk);
    else if (this.#state === "unclear") this.#greet(chunk);
    else if (this.#state !== "refused") this.#acknowledgements.take(this.#state, chunk);
    return this.#room();
  }

  receiveBatch(): Backpressure {
    throw new TypeError("a stream has no messages");
  }

  end(): void {
    if (this.#state === "unclear" && this.#start.length > 0) this.#road.pass(this.#start);
    if (typeof this.#state === "object") this.#state.end();
    else this.#road.end();
  }

  #greet(chunk: Buffer): void {
    const start = this.#start.length === 0 ? chunk : Buffer.concat([this.#start, chunk]);
    const known = Math.min(start.length, HELLO_START.length);
    if (start.compare(HELLO_START, 0, known, 0, known) !== 0) {
      this.#state = "plain";
      this.#start = Buffer.alloc(0);
      this.#road.pass(start);
      return;
    }
    const end = start.indexOf(LF);
    if (end >= 0) this.#answer(start.toString("utf8", 0, end), start.subarray(end + 1));
    else if (start.length <= MESSAGE_BYTES_MAX) this.#start = Buffer.from(start);
    else this.#refuse(`a hello has at most ${MESSAGE_BYTES_MAX} bytes`);
  }

  #answer(line: string, rest: Buffer): void {
    this.#start = Buffer.alloc(0);
    const hello = parseHello(line);
    if (typeof hello === "string") this.#refuse(hello);
    else if (rest.length > 0) this.#refuse("wait for the welcome before sending lines");
    else this.#state = this.#acknowledgements.begin(hello, this.#channel, this.#road);
  }

  #refuse(reason: string): void {
    this.#state = "refused";
    this.#start = Buffer.alloc(0);
    this.#channel.reply?.(encodeMessage({ error: reason }));
    this.#channel.close?.();
  }
}
