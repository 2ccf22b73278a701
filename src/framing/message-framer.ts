import type { MessageBatch } from "../core/message-batch.ts";
import { type EmitBlock, type FramingCounts, LF } from "./framing.ts";
import { emitWithoutOversize } from "./line-lengths.ts";

/**
 * Turns messages (datagrams) into blocks of whole lines. A message consists of whole lines; its last line may lack the
 * LF. The messages of a batch are compacted in place, so that their lines are emitted as one block.
 */
export class MessageFramer {
  readonly #lineBytesMax: number;
  readonly #counts: FramingCounts;
  readonly #emit: EmitBlock;

  constructor(lineBytesMax: number, counts: FramingCounts, emit: EmitBlock) {
    this.#lineBytesMax = lineBytesMax;
    this.#counts = counts;
    this.#emit = emit;
  }

  /** Takes messages [from, to) of a batch. */
  push(batch: MessageBatch, from = 0, to: number = batch.count): void {
    const { bytes, slotBytes } = batch;
    const first = from * slotBytes;
    let used = first;
    for (let i = from; i < to; i++) {
      const start = i * slotBytes;
      const length = batch.truncated(i) ? this.#wholeLines(batch, i) : batch.length(i);
      if (length === 0) {
        if (!batch.truncated(i)) this.#counts.emptyMessages++;
        continue;
      }
      if (start !== used) bytes.copyWithin(used, start, start + length);
      used += length;
      if (bytes[used - 1] !== LF) bytes[used++] = LF;
    }
    if (used === first) return;
    this.#counts.oversize += emitWithoutOversize(bytes.subarray(first, used), this.#lineBytesMax, this.#emit);
  }

  /** Bytes of a truncated message up to and including its last LF. The truncated line is counted; its end is lost. */
  #wholeLines(batch: MessageBatch, index: number): number {
    this.#counts.truncated++;
    const start = index * batch.slotBytes;
    return batch.bytes.subarray(start, start + batch.length(index)).lastIndexOf(LF) + 1;
  }
}
