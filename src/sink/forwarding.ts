import type { RotatedFile, RotatedSet } from "./rotated-files.ts";

/** How far rotated files have been forwarded to another place. */
export interface Backlog {
  /** Files that are forwarded, counted from the oldest. */
  readonly files: number;
  /** Bytes of the file after these that are forwarded. */
  readonly bytes: number;
}

/** The account of a program that forwards an output and its rotated files, from the oldest to the newest. */
export interface Forwarding {
  /** Undefined where nothing has to wait for a forwarder. */
  backlog(set: RotatedSet): Backlog | undefined;
  /** Changes when another file is forwarded; quicker than a backlog. */
  position(): string;
}

/** A rotated file, and whether it may go. */
export interface Candidate {
  readonly file: RotatedFile;
  /** It was forwarded long enough ago to be removed or compressed. */
  readonly isReleased: boolean;
  /** Its first bytes, which are forwarded. */
  readonly forwardedBytes: number;
}

/**
 * How long a file stays after it was forwarded: a stream that has lost its end, by a power cut of a server that had not
 * synced or by a restored snapshot, is refilled from the files. Time enough to restart a server, and to restore a snapshot.
 */
const HOLD_MS_DEFAULT: number = 10 * 60 * 1000;

/** Decides which files may go: those that were seen forwarded at least `holdMs` ago, by the clock of this process. */
export class Release {
  readonly #holdMs: number;
  readonly #now: () => number;
  /** When a file was first seen forwarded, by its name. */
  #seenMs = new Map<string, number>();
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(holdMs: number = HOLD_MS_DEFAULT, now: () => number = () => performance.now()) {
    this.#holdMs = holdMs;
    this.#now = now;
  }

  /** Whether time alone has released a file since the last judgement. */
  get isDue(): boolean {
    return this.#now() >= this.#dueMs;
  }

  /**
   * Judges all files, oldest first. A file that is no longer forwarded, because its stream has lost it, has to be
   * forwarded again, and its time begins again.
   *
   * @param backlog undefined: nobody forwards, and every file may go
   */
  judge(files: readonly RotatedFile[], backlog: Backlog | undefined): Candidate[] {
    const forwarded = backlog?.files ?? files.length;
    const now = this.#now();
    const holdMs = backlog === undefined ? 0 : this.#holdMs;
    const seenMs = new Map<string, number>();
    this.#dueMs = Number.POSITIVE_INFINITY;
    const candidates = files.map((file, at): Candidate => {
      const isNext = at === forwarded;
      if (at >= forwarded) return { file, isReleased: false, forwardedBytes: isNext ? (backlog?.bytes ?? 0) : 0 };
      const key = `${file.name.time}-${file.name.nth}`;
      const sinceMs = this.#seenMs.get(key) ?? now;
      seenMs.set(key, sinceMs);
      const isReleased = now - sinceMs >= holdMs;
      if (!isReleased) this.#dueMs = Math.min(this.#dueMs, sinceMs + holdMs);
      return { file, isReleased, forwardedBytes: Number.POSITIVE_INFINITY };
    });
    this.#seenMs = seenMs;
    return candidates;
  }
}
