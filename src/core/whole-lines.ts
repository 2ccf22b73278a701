export const LINE_FEED = 0x0a;

/** Number of lines in a block whose last byte is LF. */
export function countLines(block: Buffer): number {
  let lines = 0;
  for (let at = block.indexOf(LINE_FEED); at >= 0; at = block.indexOf(LINE_FEED, at + 1)) lines++;
  return lines;
}
