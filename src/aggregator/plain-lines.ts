import type { Backpressure } from "../core/backpressure.ts";
import type { StreamFramer } from "../framing/stream-framer.ts";
import type { StreamReceiver } from "../transports/transport.ts";

/** Notes input: bytes, and the chunks or messages that they came in. @returns what the sink says of more */
export type NoteInput = (bytes: number, parts: number) => Backpressure;

/** Takes a channel whose every line is a log line. */
export class PlainLines implements StreamReceiver {
  readonly #framer: StreamFramer;
  readonly #noteInput: NoteInput;

  constructor(framer: StreamFramer, noteInput: NoteInput) {
    this.#framer = framer;
    this.#noteInput = noteInput;
  }

  receive(chunk: Buffer): Backpressure {
    this.#framer.push(chunk);
    return this.#noteInput(chunk.length, 1);
  }

  end(): void {
    this.#framer.end();
  }

  /** What has come of the first line was none: it is not stored, and not counted. */
  forget(): void {
    this.#framer.forget();
  }
}
