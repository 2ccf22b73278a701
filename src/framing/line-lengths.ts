import { type EmitBlock, LF } from "./framing.ts";

/** Emits a block without its lines longer than the limit (LF not counted), and returns how many those were. */
export function emitWithoutOversize(block: Buffer, lineBytesMax: number, emit: EmitBlock): number {
  let oversize = 0;
  let runStart = 0;
  let lineStart = 0;
  // No line can be longer than what is left of its block; for usual limits that is all the work there is.
  while (block.length - lineStart - 1 > lineBytesMax) {
    // All lines up to the last LF within reach of a line's start are short enough.
    const last = block.lastIndexOf(LF, lineStart + lineBytesMax);
    if (last >= lineStart) {
      lineStart = last + 1;
      continue;
    }
    if (lineStart > runStart) emit(block.subarray(runStart, lineStart));
    oversize++;
    lineStart = block.indexOf(LF, lineStart + lineBytesMax) + 1;
    runStart = lineStart;
  }
  if (runStart === 0) emit(block);
  else if (runStart < block.length) emit(block.subarray(runStart));
  return oversize;
}
