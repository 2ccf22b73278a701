import { fdatasync } from "node:fs";
import type { SyncPolicy } from "./durability.ts";

export interface SyncerOptions {
  readonly policy: SyncPolicy;
  /** What to sync, as long as there is a descriptor; syncs wait while there is none. */
  readonly file: { readonly fd: number | undefined };
  /** All up to the position, the end of a whole line, has been synced; where nothing is, written. */
  durable(upTo: number): void;
  /** All up to the position may be acknowledged. */
  confirmed(upTo: number): void;
  /** A sync is over, and nothing is under way. After an error nothing more of the file is safe. */
  over(error: Error | null): void;
}

/**
 * Group commit: at most one fdatasync(2) is under way, and the next one covers all that was written meanwhile, so one sync
 * serves any number of senders. Positions are bytes since start.
 */
export class Syncer {
  readonly #options: SyncerOptions;
  readonly #policy: SyncPolicy;
  #written = 0;
  /** Up to here nothing is left to do: all is safe, or never will be. */
  #finished = 0;
  #suspect = 0;
  #confirmed = 0;
  #underWay = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SyncerOptions) {
    this.#options = options;
    this.#policy = options.policy;
  }

  /** All up to this position is safe (without syncs: handed to the kernel), or never will be known to be. */
  get finishedUpTo(): number {
    return this.#finished;
  }

  /** Bytes that are safe; without syncs those handed to the kernel. */
  get durableBytes(): number {
    return this.#finished - this.#suspect;
  }

  /** Bytes that a file got since its last good sync, and whose next one failed. */
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

  /** Goes on after the file was replaced. */
  resume(): void {
    this.#schedule();
  }

  /** What was written and isn't safe is in a file that can't be trusted: it is written again, or stays there for good. */
  distrust(): void {
    if (this.#policy.retains) {
      this.#written = this.#finished;
      return;
    }
    this.#suspect += this.#written - this.#finished;
    this.markDurable(this.#written);
  }

  /** Syncs now, whatever the interval says. */
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

  /** A sync for what was written since the last one, in time. */
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
