import { type FramingCounts, framingCounts } from "../../framing/framing.ts";
import type { StreamFramer } from "../../framing/stream-framer.ts";
import type { RecordCounts } from "../../records/normalizer.ts";

/** What the channels of one listener share on their way: how a framer is made, and the counts they add to. */
export interface ChannelFraming {
  /** The listener's transport. */
  readonly transport: string;
  readonly framing: FramingCounts;
  readonly records: RecordCounts;
  frame(counts: FramingCounts): StreamFramer;
}

/**
 * The framer of a channel whose lines are numbered. A shed line ends it: the line has not been taken, and its sender, which holds
 * it still, sends it again. So it is counted as `partial`, not as lost. Nothing follows it: a line is shed at the end of what came.
 */
export class CountedFramer {
  readonly #framer: StreamFramer;
  /** The channel's own: whoever else sheds a line at the same time doesn't change its numbers. */
  readonly #own: FramingCounts = framingCounts();
  readonly #shared: ChannelFraming;
  #lines = 0;
  #oversize = 0;
  #hasShed = false;

  constructor(shared: ChannelFraming) {
    this.#shared = shared;
    this.#framer = shared.frame(this.#own);
  }

  /** Lines taken so far, whatever became of them. */
  get lines(): number {
    return this.#lines;
  }

  /** Of these, lines that were too long. */
  get oversize(): number {
    return this.#oversize;
  }

  /** A line was given up for want of memory, and nothing that followed it has been taken. */
  get hasShed(): boolean {
    return this.#hasShed;
  }

  /** Asks to be told when the unfinished line was shed because another channel's line needed the memory. */
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

  /** The channel is over; an unfinished line will come again. */
  discard(): void {
    this.#framer.discard();
    this.#moveCounts();
  }

  /** Moves the channel's own counts to those of its listener. */
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
