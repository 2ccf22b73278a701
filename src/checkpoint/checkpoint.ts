import { type FileMark, MARK_BYTES } from "./file-mark.ts";
import type { PastPosition } from "./trail.ts";

/** How far a log file and its rotated files have been forwarded. */
export interface Checkpoint {
  readonly version: 1;
  /** Where to: an engine, and what it calls the place. A checkpoint means nothing for another one. */
  readonly target: string;
  /** The present file. Its offset is the end of the contiguous prefix that the engine has acknowledged. */
  readonly file: FileMark;
  /** Positions of the present file up to the offset, the first one where its name begins. */
  readonly trail: readonly PastPosition[];
  /**
   * The number in the stream of the last acknowledged block; before the first one, that of the stream's last message.
   */
  readonly sequence: number;
  /** The number of the stream's last message before the first block: while `sequence` is the same, none was acknowledged. */
  readonly first: number;
  /** Part of the blocks' ids, so that a block that was stored and then lost by the stream isn't taken for a duplicate. */
  readonly generation: number;
  /** Lengths of the blocks from the offset on that may have been sent. */
  readonly inFlight: readonly number[];
  /** Files before the present one, the newest last. A stream that lost its end may need them again. */
  readonly finished: readonly FileMark[];
}

/** Files that are remembered: enough for rotation every minute to outlive the loss of some seconds of a stream. */
export const FINISHED_FILES_MAX = 16;

/** The checkpoint of a log file is beside it. */
export function checkpointPath(log: string): string {
  return `${log}.checkpoint`;
}

export function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  return Buffer.from(JSON.stringify(checkpoint));
}

/** @returns undefined for what isn't a checkpoint of this version */
export function decodeCheckpoint(payload: Buffer): Checkpoint | undefined {
  try {
    const checkpoint: unknown = JSON.parse(payload.toString());
    return isCheckpoint(checkpoint) ? checkpoint : undefined;
  } catch {
    return undefined; // another program's slot
  }
}

/** The slot's CRC says that it is whole, but not who wrote it. */
function isCheckpoint(value: unknown): value is Checkpoint {
  const { version, target, file, trail, sequence, first, generation, inFlight, finished } = fieldsOf(value);
  return (
    version === 1 &&
    typeof target === "string" &&
    [sequence, first, generation].every(isCount) &&
    Array.isArray(trail) &&
    trail.every(isPosition) &&
    Array.isArray(inFlight) &&
    inFlight.every(isCount) &&
    Array.isArray(finished) &&
    [file, ...finished].every(isMark)
  );
}

function isMark(value: unknown): value is FileMark {
  const { id, begin, dev, ino, birth, offset, head, before } = fieldsOf(value);
  const isNamed = [id, dev, ino, birth].every((name) => typeof name === "string");
  return isNamed && isCount(begin) && isCount(offset) && isPart(head, MARK_BYTES) && isPart(before, offset);
}

function isPosition(value: unknown): value is PastPosition {
  const { offset, before, sequence } = fieldsOf(value);
  return isCount(offset) && isPart(before, offset) && isCount(sequence);
}

function isPart(value: unknown, bytesMax: number): boolean {
  const { bytes, crc } = fieldsOf(value);
  return isCount(bytes) && bytes <= Math.min(bytesMax, MARK_BYTES) && isCount(crc);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
