import type { FileMark } from "./file-mark.ts";

/** How far a log file and its rotated files have been forwarded. */
export interface Checkpoint {
  readonly version: 1;
  /** Where to: an engine, and what it calls the place. A checkpoint means nothing for another one. */
  readonly target: string;
  /** The present file. Its offset is the end of the contiguous prefix that the engine has acknowledged. */
  readonly file: FileMark;
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
    // The slot's CRC says that this is what a forwarder wrote, so that its version says what is in it.
    const checkpoint: Checkpoint | null = JSON.parse(payload.toString());
    return checkpoint?.version === 1 ? checkpoint : undefined;
  } catch {
    return undefined; // another program's slot
  }
}
