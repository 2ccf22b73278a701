const LINE_FEED = 0x0a;

/**
 * Bytes checked by one call of the module: few enough to stay in the processor's cache between copying and checking.
 */
export const WINDOW_BYTES: number = 64 * 1024;

/** The unit in which WebAssembly memory grows. */
export const PAGE_BYTES = 65_536;

// The module's memory, lowest address first: one byte per open container, the table of findings, the window, and a bit
// map of all bytes before it.
export const CLOSERS_ADDRESS = 0;
/** Behind the open containers, of which there are at most JSON_DEPTH_MAX; a multiple of four, as words need. */
export const TABLE_ADDRESS = 1024;
/** The numbers of lines and of findings. */
export const TABLE_HEADER_WORDS = 2;
/** As many as fit before the window, in round numbers. The module stops when the table is full, and is called again. */
const TABLE_FINDINGS = 5000;
export const TABLE_WORDS: number = TABLE_HEADER_WORDS + 3 * TABLE_FINDINGS;
export const TABLE_END: number = TABLE_ADDRESS + 4 * TABLE_WORDS;
export const WINDOW_ADDRESS = 65_536;
/** The module's scans read up to this many bytes past the end of the window and of the map. */
export const PADDING_BYTES = 64;

/** The end of the next window: after the last line that fits, or after a single line that doesn't fit. */
export function windowEnd(block: Uint8Array, start: number): number {
  const limit = start + WINDOW_BYTES;
  if (limit >= block.length) {
    return block.length;
  }
  const end = block.lastIndexOf(LINE_FEED, limit - 1) + 1;
  return end > start ? end : block.indexOf(LINE_FEED, limit) + 1;
}
