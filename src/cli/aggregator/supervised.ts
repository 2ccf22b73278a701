import type { Aggregator } from "../../aggregator/aggregator.ts";
import { formatStatus } from "../status-line.ts";
import type { Supervised } from "../supervision.ts";

/** What a service manager is told about an aggregator. */
export function supervised(aggregator: Aggregator): Supervised {
  const progress = new WriteProgress();
  let before = aggregator.status();
  let atMs = performance.now();
  return {
    status: () => {
      const now = aggregator.status();
      const nowMs = performance.now();
      const seconds = Math.max(0.001, (nowMs - atMs) / 1000);
      const line = formatStatus(now, before, { seconds, columns: Number.POSITIVE_INFINITY });
      before = now;
      atMs = nowMs;
      return line;
    },
    isProgressing: () => {
      const { bytesWritten, stalled } = aggregator.ledger().output;
      return progress.check({ queuedBytes: aggregator.status().queuedBytes, bytesWritten, stalled });
    },
  };
}

/** The output at one moment. */
export interface OutputProgress {
  readonly queuedBytes: number;
  readonly bytesWritten: number;
  /** The errno with which the output refuses lines. */
  readonly stalled: string | null;
}

/** Notices a write that doesn't end. */
export class WriteProgress {
  #before: OutputProgress = { queuedBytes: 0, bytesWritten: 0, stalled: null };

  /**
   * @returns false when lines waited both now and the last time, and nothing was written in between. A full disk isn't
   * meant: lines wait for space then, and another start couldn't write them either.
   */
  check(now: OutputProgress): boolean {
    const before = this.#before;
    this.#before = now;
    const isWaiting = now.queuedBytes > 0 && before.queuedBytes > 0 && now.stalled === null;
    return !isWaiting || now.bytesWritten !== before.bytesWritten;
  }
}
