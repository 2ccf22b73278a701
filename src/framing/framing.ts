/** What framing did with lines that did not become part of a block, and what it completed. Counts of lines. */
export interface FramingCounts {
  /** Longer than the longest line: dropped up to the next LF. */
  oversize: number;
  /** Given up unfinished, as the largest, because all unfinished lines together had spent their budget. */
  shed: number;
  /** Cut by the kernel because the message was larger than its slot. */
  truncated: number;
  /** Completed without an LF of their own because their sender ended. These are kept. */
  unterminated: number;
  /** Unfinished when an acknowledged sender ended or was refused: it holds them still and sends them again. Not kept. */
  partial: number;
  /** Messages without a byte. Not lines. */
  emptyMessages: number;
}

export function framingCounts(): FramingCounts {
  return { oversize: 0, shed: 0, truncated: 0, unterminated: 0, partial: 0, emptyMessages: 0 };
}

/** Takes a block of whole lines, each ending in LF. Borrowed: valid during the call. */
export type EmitBlock = (block: Buffer) => void;

export const LF = 0x0a;
