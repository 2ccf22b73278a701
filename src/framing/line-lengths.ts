import { type EmitBlock, LF } from "./framing.ts";

/** Emits a block without the lines that exceed the limit (LF not counted). @returns the number of those lines */
export function emitWithoutOversize(block: Buffer, lineBytesMax: number, emit: EmitBlock): number {
  let oversize = 0;
  let runStart = 0;
  let lineStart = 0;
  // A line can't be longer than the rest of its block; with usual limits nothing more has to be checked.
  while (block.length - lineStart - 1 > lineBytesMax) {
    // All lines up to the last LF within the limit of a line's start are short enough.
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
