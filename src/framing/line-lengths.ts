import { type EmitBlock, LF } from "./framing.ts";

/** Emits a block without its lines longer than the limit (LF not counted), and returns how many those were. */
export function emitWithoutOversize(block: Buffer, lineBytesMax: number, emit: EmitBlock): number {
  // No line can be longer than the block it is in; this is the only work for usual lines.
  if (block.length - 1 <= lineBytesMax) {
    emit(block);
    return 0;
  }
  let oversize = 0;
  let runStart = 0;
  let lineStart = 0;
  while (lineStart < block.length) {
    const end = block.indexOf(LF, lineStart);
    if (end - lineStart > lineBytesMax) {
      if (lineStart > runStart) emit(block.subarray(runStart, lineStart));
      oversize++;
      runStart = end + 1;
    }
    lineStart = end + 1;
  }
  if (runStart < block.length) emit(block.subarray(runStart));
  return oversize;
}
