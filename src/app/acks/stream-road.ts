import type { FramingCounts } from "../../framing/framing.ts";
import type { StreamFramer } from "../../framing/stream-framer.ts";
import type { RecordCounts } from "../../records/admission.ts";

/** The part of the road that one channel has to itself, with a count of the channel's own lines. */
export class StreamRoad {
  readonly #framer: StreamFramer;
  readonly #framing: FramingCounts;
  readonly #records: RecordCounts;
  #lines = 0;
  #oversize = 0;
  #shed = 0;

  /** @param framing, records the counts that the framer and what it emits to add to; shared by all channels */
  constructor(framer: StreamFramer, framing: FramingCounts, records: RecordCounts) {
    this.#framer = framer;
    this.#framing = framing;
    this.#records = records;
  }

  /** Lines that push() brought so far, whatever became of them. */
  get lines(): number {
    return this.#lines;
  }

  get oversize(): number {
    return this.#oversize;
  }

  /** Lines given up for want of memory. */
  get shed(): number {
    return this.#shed;
  }

  /** Takes the bytes of a channel whose lines nobody asks for. */
  pass(chunk: Buffer): void {
    this.#framer.push(chunk);
  }

  /** Takes bytes, and counts what they bring. */
  push(chunk: Buffer): void {
    const { checked } = this.#records;
    const { oversize, shed } = this.#framing;
    this.#framer.push(chunk);
    this.#oversize += this.#framing.oversize - oversize;
    this.#shed += this.#framing.shed - shed;
    this.#lines += this.#records.checked - checked + (this.#framing.oversize - oversize) + (this.#framing.shed - shed);
  }

  /** The channel is over; an unfinished line is whole now. */
  end(): void {
    this.#framer.end();
  }

  /** The channel is over; an unfinished line will come again. */
  discard(): void {
    this.#framer.discard();
  }
}
