/** Lines that framing kept out of blocks or completed. Counts of lines. */
export interface FramingCounts {
  /** Longer than the limit: dropped up to and including the next LF. */
  oversize: number;
  /** Unfinished lines dropped because their budget was exhausted. The largest is dropped first. */
  shed: number;
  /** Truncated by the kernel because the message was larger than its slot. */
  truncated: number;
  /** Completed with an LF that their sender didn't send before it ended. These are kept. */
  unterminated: number;
  /**
   * Unfinished when an acknowledged sender ended or was refused: not kept, since they are still pending there and are
   * sent again.
   */
  partial: number;
  /** Messages of zero bytes. Not lines. */
  emptyMessages: number;
}

export function framingCounts(): FramingCounts {
  return { oversize: 0, shed: 0, truncated: 0, unterminated: 0, partial: 0, emptyMessages: 0 };
}

/** Receives a block of whole lines, each ending in LF. Borrowed: valid during the call. */
export type EmitBlock = (block: Buffer) => void;

export const LF = 0x0a;
