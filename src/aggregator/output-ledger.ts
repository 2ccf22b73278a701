import type { SinkStats } from "../sink/sink.ts";

/** The ledger of the output file. */
export interface OutputLedger {
  /** Handed to the kernel, and of these, safe according to the durability setting. */
  readonly bytesWritten: number;
  readonly bytesDurable: number;
  /** Written after a file's last successful sync, whose next sync failed, and not written again. */
  readonly bytesSuspect: number;
  /** Rotated files that retention removed, and their bytes. */
  readonly removedFiles: number;
  readonly removedBytes: number;
  /** Of these, bytes that a forwarder had not forwarded yet; a loss. */
  readonly removedUnforwardedBytes: number;
  /** How long senders had to wait because the file was slow or refused lines. */
  readonly pausedSeconds: number;
  /** The errno with which the file refuses lines now; null while it accepts them. */
  readonly stalled: string | null;
}

export function outputLedger(sink: SinkStats): OutputLedger {
  return {
    bytesWritten: sink.bytesWritten,
    bytesDurable: sink.bytesDurable,
    bytesSuspect: sink.bytesSuspect,
    removedFiles: sink.removedFiles,
    removedBytes: sink.removedBytes,
    removedUnforwardedBytes: sink.removedUnforwardedBytes,
    pausedSeconds: Number((sink.pausedMs / 1000).toFixed(3)),
    stalled: sink.stalled ?? null,
  };
}
