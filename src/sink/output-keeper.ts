import { fdatasyncSync, ftruncateSync, writeSync } from "node:fs";
import type { Output } from "./output-file.ts";
import { Retention, type RetentionEvents } from "./retention.ts";
import { isDue, type RotationPlan } from "./rotation.ts";
import type { WriteQueue } from "./write-queue.ts";

/** What befalls the output and its rotated files. */
export interface OutputEvents extends RetentionEvents {
  /** The file was set aside under this name, and a new one begun. */
  rotated(aside: string): void;
  /** The file had been renamed or removed and a new one is open; `rescued` bytes were copied out of a removed one. */
  reopened(rescued: number): void;
  /** A sync failed: what this file got since its last sync may not survive. Its lines go to a new file, it was set aside. */
  suspect(aside: string | undefined, error: Error): void;
}

/** Why the file is left: for a new one, for the one that has the name now, or because it can't be trusted any more. */
export type Replacement = "rotate" | "follow" | { readonly abandon: Error };

export interface OutputKeeperOptions {
  /** Opens the output anew under its name. @throws the reason why it can't be */
  open(): Output;
  readonly rotation: RotationPlan;
  /** Sync a file before it is left for another. */
  readonly syncs: boolean;
  readonly events: OutputEvents;
  /** Takes back what was written of an unfinished line, and knows what can be written again. */
  readonly queue: Pick<WriteQueue, "rewindLine" | "retained">;
}

/** fdatasync(2) of a file that was to be left failed: the file can't be trusted. */
export class SyncError extends Error {}

const COPY_BYTES = 1024 * 1024;

/**
 * Keeps the output's name and the open file together: rotation, logrotate, removal, and a file that can't be trusted.
 * Its methods may be called only while no write and no sync of the file is under way; each throws, and changes nothing
 * that matters, when the system doesn't let it.
 */
export class OutputKeeper {
  /** Ended before close(): only the owner of the output's lock may touch rotated files. */
  readonly retention: Retention;
  readonly #options: OutputKeeperOptions;
  #file: Output;
  /** Bytes of whole lines in the file. */
  #wholeBytes: number;
  /** The same when the file was last seen under its name: what follows it in a removed file was meant for the new one. */
  #namedBytes: number;
  #suspectAside: string | undefined;

  constructor(file: Output, options: OutputKeeperOptions) {
    this.#file = file;
    this.#wholeBytes = file.bytes;
    this.#namedBytes = file.bytes;
    this.#options = options;
    const { rotation, events } = options;
    this.retention = new Retention(file.path, rotation, { isOpen: (other) => this.#file.is(other), events });
  }

  get fd(): number {
    return this.#file.fd;
  }

  /** @param isWhole the file ends with a line now */
  grown(bytes: number, isWhole: boolean): void {
    this.#file.grown(bytes);
    if (isWhole) this.#wholeBytes = this.#file.bytes;
  }

  isDue(): boolean {
    return isDue(this.#options.rotation, this.#file.bytes, performance.now() - this.#file.openedAtMs);
  }

  /** To be called now and then. @returns what the file has to be replaced for */
  look(): "rotate" | "follow" | undefined {
    this.retention.look();
    if (!this.isNamed()) return "follow";
    return this.isDue() ? "rotate" : undefined;
  }

  /** Whether the name still means the file that is open; noted for a rescue. */
  isNamed(): boolean {
    if (!this.#file.isNamed()) return false;
    this.#namedBytes = this.#wholeBytes;
    return true;
  }

  /** Sets the file aside and begins a new one. @returns whether the file was left, synced */
  rotate(): boolean {
    // What has our file's name now, if not our file, is for somebody else to rename.
    if (!this.isNamed()) return this.follow();
    this.#trim();
    this.#sync();
    const aside = this.retention.nextName("");
    this.#file.setAside(aside);
    this.#leaveFor(this.#options.open());
    this.#options.events.rotated(aside);
    return true;
  }

  /**
   * Goes where the name points now, if that is elsewhere. Lines written to a file that had lost its name are copied.
   *
   * @returns whether the file was left, synced
   */
  follow(): boolean {
    if (this.isNamed()) return false;
    this.#trim();
    this.#sync();
    const rescued = this.#leaveFor(this.#options.open());
    this.#options.events.reopened(rescued);
    return true;
  }

  /** Leaves a file whose sync failed: fsync(2) reports that once and forgets, so nothing more may count on it. */
  abandon(error: Error): void {
    this.#trimSuspect();
    if (this.#file.isNamed()) {
      const aside = this.retention.nextName("suspect-");
      this.#file.setAside(aside);
      this.#suspectAside = aside;
    }
    this.#leaveFor(this.#options.open(), this.#file.bytes - this.#options.queue.retained);
    this.#options.events.suspect(this.#suspectAside, error);
    this.#suspectAside = undefined;
  }

  close(): void {
    this.#trim();
    this.#file.close();
  }

  /** An unfinished line is cut off here and written whole to the next file. */
  #trim(): void {
    const bytes = this.#options.queue.rewindLine();
    if (bytes === 0) return;
    this.#file.grown(-bytes);
    ftruncateSync(this.#file.fd, this.#file.bytes);
  }

  /** The line is written whole to the next file, whether or not this one lets its beginning be cut off. */
  #trimSuspect(): void {
    try {
      this.#trim();
    } catch (error) {
      this.#options.events.trouble(error);
    }
  }

  #sync(): void {
    if (!this.#options.syncs) return;
    try {
      fdatasyncSync(this.#file.fd);
    } catch (cause) {
      throw new SyncError(`${this.#file.path} can't be synced`, { cause });
    }
  }

  /**
   * @param end of what isn't going to be written to the next file
   * @returns bytes copied from a file that has no name any more
   */
  #leaveFor(next: Output, end: number = this.#file.bytes): number {
    const rescued = this.#file.isDeleted() ? this.#rescue(next, end) : 0;
    this.#enter(next);
    return rescued;
  }

  #enter(next: Output): void {
    this.#file.close();
    this.#file = next;
    this.#wholeBytes = next.bytes;
    this.#namedBytes = next.bytes;
    this.retention.added();
  }

  /** Copies what a removed file got since it was last seen under its name. On failure the next file is as it was, and closed. */
  #rescue(next: Output, end: number): number {
    const before = next.bytes;
    try {
      const copied = this.#copyTail(next, end);
      // Not as #sync(): a new file that can't be synced is no reason to distrust the old one.
      if (copied > 0 && this.#options.syncs) fdatasyncSync(next.fd);
      return copied;
    } catch (error) {
      ftruncateSync(next.fd, before);
      next.close();
      throw error;
    }
  }

  #copyTail(next: Output, end: number): number {
    const step = Buffer.allocUnsafe(COPY_BYTES);
    let at = this.#namedBytes;
    while (at < end) {
      const bytes = this.#file.read(step.subarray(0, Math.min(step.length, end - at)), at);
      if (bytes === 0) break;
      for (let done = 0; done < bytes; ) done += writeSync(next.fd, step, done, bytes - done);
      next.grown(bytes);
      at += bytes;
    }
    return at - this.#namedBytes;
  }
}
