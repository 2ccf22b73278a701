import type { Backpressure } from "../core/backpressure.ts";
import type { StreamFramer } from "../framing/stream-framer.ts";
import type { StreamReceiver } from "../transports/transport.ts";

/** Notes input: bytes, and the chunks or messages that they came in. @returns the sink's backpressure */
export type NoteInput = (bytes: number, parts: number) => Backpressure;

/** Receives a channel on which every line is a log line. */
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

  /** What arrived of the first line is not a log line: it is neither stored nor counted. */
  forget(): void {
    this.#framer.forget();
  }
}
