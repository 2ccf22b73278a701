import type { Backpressure } from "../core/backpressure.ts";
import { RequestLine } from "../framing/request-line.ts";
import type { StreamFramer } from "../framing/stream-framer.ts";
import type { Channel, Receiver } from "../transports/transport.ts";

/** What becomes of a channel once its first line is known. */
export interface FirstLine {
  /** A framer for a channel of plain lines. */
  frame(): StreamFramer;
  /** It is no request: gives the channel its receiver. @param framer has taken what came of the line before, if anything did */
  admit(framer: StreamFramer | undefined): Receiver;
  /** It is a request: the channel is being closed. */
  refuse(): void;
}

/**
 * Receives the beginning of a channel that browsers and other HTTP clients can reach: the lines of a request's body would be stored
 * as genuine ones. A channel that begins with a request is closed, and nothing of it is stored. Any other has its receiver as soon as
 * that is clear, which is at the first byte of a JSON object.
 */
export class RequestGuard implements Receiver {
  readonly #channel: Channel;
  readonly #firstLine: FirstLine;
  readonly #requestLine = new RequestLine();
  #framer: StreamFramer | undefined;

  constructor(channel: Channel, firstLine: FirstLine) {
    this.#channel = channel;
    this.#firstLine = firstLine;
  }

  receive(chunk: Buffer): Backpressure {
    const isRequest = this.#requestLine.take(chunk);
    if (isRequest === false) return this.#firstLine.admit(this.#framer).receive(chunk);
    if (isRequest === true) {
      this.#framer?.forget();
      this.#firstLine.refuse();
      this.#channel.close?.();
      return undefined;
    }
    this.#framer ??= this.#firstLine.frame();
    this.#framer.push(chunk);
    return undefined;
  }

  receiveBatch(): Backpressure {
    throw new TypeError("a stream has no messages");
  }

  end(): void {
    this.#framer?.end();
  }
}

/** Takes what a closed channel goes on to say, and forgets it. */
export const DEAF: Receiver = { receive: () => undefined, receiveBatch: () => undefined, end: () => {} };
