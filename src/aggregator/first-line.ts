import { HELLO_START } from "../acks/protocol.ts";
import type { Backpressure } from "../core/backpressure.ts";
import { RequestLine } from "../framing/request-line.ts";
import type { Connection, StreamReceiver } from "../transports/transport.ts";
import type { PlainLines } from "./plain-lines.ts";

/** What a connection can turn out to be, and the receiver for each case. */
export interface FirstLineOutcomes {
  readonly plain: PlainLines;
  /** It asks for acknowledgements. The receiver gets the hello from its first byte. */
  hello(): StreamReceiver;
  /**
   * It is an HTTP request, so the connection is closed. Omitted where no HTTP client can connect: requests are not
   * looked for then.
   */
  request?(): StreamReceiver;
}

/**
 * Receives the beginning of a connection until it is clear what the connection is, and then hands it over. A hello
 * begins with a fixed text; a request is recognized by its whole first line. Anything else is a plain log line, which
 * the first byte usually shows.
 */
export class FirstLine implements StreamReceiver {
  readonly #connection: Connection;
  readonly #outcomes: FirstLineOutcomes;
  readonly #requestLine: RequestLine | undefined;
  /** Everything received, as long as it is the beginning of a hello; then undefined. */
  #start: Buffer | undefined = Buffer.alloc(0);

  constructor(connection: Connection, outcomes: FirstLineOutcomes) {
    this.#connection = connection;
    this.#outcomes = outcomes;
    this.#requestLine = outcomes.request === undefined ? undefined : new RequestLine();
  }

  receive(chunk: Buffer): Backpressure {
    if (this.#start === undefined) return this.#lookForRequest(chunk);
    const start = this.#start.length === 0 ? chunk : Buffer.concat([this.#start, chunk]);
    const known = Math.min(start.length, HELLO_START.length);
    if (start.compare(HELLO_START, 0, known, 0, known) !== 0) {
      this.#start = undefined;
      return this.#lookForRequest(start);
    }
    if (known === HELLO_START.length) return this.#handTo(this.#outcomes.hello(), start);
    this.#start = Buffer.from(start);
    return undefined;
  }

  /** The connection ended before it was clear what it is: what it sent is a line without its LF. */
  end(): void {
    const { plain } = this.#outcomes;
    if (this.#start !== undefined && this.#start.length > 0) plain.receive(this.#start);
    plain.end();
  }

  /** Until it is clear whether this is a request, it counts as an unfinished plain line. */
  #lookForRequest(chunk: Buffer): Backpressure {
    const { plain, request } = this.#outcomes;
    const isRequest = this.#requestLine === undefined ? false : this.#requestLine.read(chunk);
    if (isRequest === undefined) return plain.receive(chunk);
    if (!isRequest || request === undefined) return this.#handTo(plain, chunk);
    plain.forget();
    return this.#handTo(request(), chunk);
  }

  #handTo(receiver: StreamReceiver, chunk: Buffer): Backpressure {
    this.#connection.handTo(receiver);
    return receiver.receive(chunk);
  }
}
