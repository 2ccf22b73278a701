import type { SinkStats } from "../sink/sink.ts";

/** The account of the output file. */
export interface OutputLedger {
  /** Handed to the kernel, and as safe as the durability setting makes them. */
  readonly bytesWritten: number;
  readonly bytesDurable: number;
  /** Written since the last good sync of a file whose next one failed, and not written again. */
  readonly bytesSuspect: number;
  /** Rotated files that retention removed, and their bytes. */
  readonly removedFiles: number;
  readonly removedBytes: number;
  /** How long senders were held back because the file was slower, or refused. */
  readonly pausedSeconds: number;
  /** The errno with which the file refuses lines just now; null when it takes them. */
  readonly stalled: string | null;
}

export function outputLedger(sink: SinkStats): OutputLedger {
  return {
    bytesWritten: sink.bytesWritten,
    bytesDurable: sink.bytesDurable,
    bytesSuspect: sink.bytesSuspect,
    removedFiles: sink.removedFiles,
    removedBytes: sink.removedBytes,
    pausedSeconds: Number((sink.pausedMs / 1000).toFixed(3)),
    stalled: sink.stalled ?? null,
  };
}
