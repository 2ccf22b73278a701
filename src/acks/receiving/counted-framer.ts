import { type FramingCounts, framingCounts } from "../../framing/framing.ts";
import type { StreamFramer } from "../../framing/stream-framer.ts";
import type { RecordCounts } from "../../records/normalizer.ts";

/** What the channels of one listener share: how a framer is made, and the counts that they add to. */
export interface ChannelFraming {
  /** The listener's transport. */
  readonly transport: string;
  readonly framing: FramingCounts;
  readonly records: RecordCounts;
  frame(counts: FramingCounts): StreamFramer;
}

/**
 * The framer of a channel whose lines are numbered. A shed line ends it: the line was not received, and its sender,
 * which still has it, sends it again. So it counts as `partial`, not as lost. No line follows it: only the last line of
 * the input can be shed.
 */
export class CountedFramer {
  readonly #framer: StreamFramer;
  /** The channel's own counts: lines that other channels shed at the same time don't change its numbers. */
  readonly #own: FramingCounts = framingCounts();
  readonly #shared: ChannelFraming;
  #lines = 0;
  #oversize = 0;
  #hasShed = false;

  constructor(shared: ChannelFraming) {
    this.#shared = shared;
    this.#framer = shared.frame(this.#own);
  }

  /** Lines received so far, stored or not. */
  get lines(): number {
    return this.#lines;
  }

  /** Of these, lines that were too long. */
  get oversize(): number {
    return this.#oversize;
  }

  /** A line was shed because memory was short, and nothing after it was received. */
  get hasShed(): boolean {
    return this.#hasShed;
  }

  /** Registers a callback for when the unfinished line is shed because another channel's line needs the memory. */
  onEvicted(report: () => void): void {
    this.#framer.onEvicted(() => {
      this.#moveCounts();
      report();
    });
  }

  push(chunk: Buffer): void {
    const { records } = this.#shared;
    const { checked } = records;
    this.#framer.push(chunk);
    this.#lines += records.checked - checked;
    this.#moveCounts();
  }

  /** The channel has ended; its sender will send an unfinished line again. */
  discard(): void {
    this.#framer.discard();
    this.#moveCounts();
  }

  /** Moves the channel's own counts to its listener's. */
  #moveCounts(): void {
    const own = this.#own;
    const { framing } = this.#shared;
    this.#lines += own.oversize;
    this.#oversize += own.oversize;
    this.#hasShed ||= own.shed > 0;
    framing.oversize += own.oversize;
    framing.partial += own.partial + own.shed;
    own.oversize = 0;
    own.partial = 0;
    own.shed = 0;
  }
}
