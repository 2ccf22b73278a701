import { fdatasync } from "node:fs";
import type { SyncPolicy } from "./durability.ts";

export interface SyncerOptions {
  readonly policy: SyncPolicy;
  /** The file to sync; syncs wait while it has no descriptor. */
  readonly file: { readonly fd: number | undefined };
  /** Everything up to the position, the end of a whole line, was synced, or written if the policy has no syncs. */
  durable(upTo: number): void;
  /** Everything up to the position may be acknowledged. */
  confirmed(upTo: number): void;
  /** A sync has ended, and none is under way. After an error nothing more of the file is safe. */
  over(error: Error | null): void;
}

/**
 * Group commit: at most one fdatasync(2) is under way, and the next one covers everything written meanwhile, so one
 * sync serves any number of senders. Positions are bytes since start.
 */
export class Syncer {
  readonly #options: SyncerOptions;
  readonly #policy: SyncPolicy;
  #written = 0;
  /** Up to this position everything is safe, or never will be. */
  #finished = 0;
  #suspect = 0;
  #confirmed = 0;
  #underWay = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SyncerOptions) {
    this.#options = options;
    this.#policy = options.policy;
  }

  /** Everything up to this position is safe (without syncs: handed to the kernel), or never will be. */
  get finishedUpTo(): number {
    return this.#finished;
  }

  /** Bytes that are safe; without syncs those handed to the kernel. */
  get durableBytes(): number {
    return this.#finished - this.#suspect;
  }

  /** Bytes written after a file's last successful sync, whose next sync failed. */
  get suspectBytes(): number {
    return this.#suspect;
  }

  get confirmed(): number {
    return this.#confirmed;
  }

  get underWay(): boolean {
    return this.#underWay;
  }

  /** Notes how far the file is written, always the end of a whole line. */
  written(position: number): void {
    this.#written = position;
    if (this.#policy.confirmsOnWrite) this.#confirm(position);
    if (this.#policy.syncs) this.#schedule();
    else this.markDurable(position);
  }

  /** What is written up to the position is safe, by this sync or by other means. */
  markDurable(position: number): void {
    if (position <= this.#finished) return;
    this.#finished = position;
    this.#options.durable(position);
    this.#confirm(position);
  }

  /** Continues after the file was replaced. */
  resume(): void {
    this.#schedule();
  }

  /**
   * The file can't be trusted: lines that were written and aren't safe are written again if they are retained,
   * otherwise suspect.
   */
  distrust(): void {
    if (this.#policy.retains) {
      this.#written = this.#finished;
      return;
    }
    this.#suspect += this.#written - this.#finished;
    this.markDurable(this.#written);
  }

  /** Syncs now, regardless of the interval. */
  syncNow(): void {
    const { fd } = this.#options.file;
    if (fd === undefined || this.#underWay || this.#written <= this.#finished) return;
    this.#underWay = true;
    const upTo = this.#written;
    fdatasync(fd, (error) => {
      this.#underWay = false;
      if (error === null) this.markDurable(upTo);
      this.#options.over(error);
      this.#schedule();
    });
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #confirm(position: number): void {
    if (position <= this.#confirmed) return;
    this.#confirmed = position;
    this.#options.confirmed(position);
  }

  /** Schedules a sync for what was written since the last one. */
  #schedule(): void {
    if (this.#options.file.fd === undefined || this.#written <= this.#finished) return;
    if (this.#policy.intervalMs === 0) this.syncNow();
    else this.#timer ??= setTimeout(this.#elapsed, this.#policy.intervalMs);
  }

  readonly #elapsed = (): void => {
    this.#timer = undefined;
    this.syncNow();
  };
}
