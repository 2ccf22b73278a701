import { fdatasyncSync, ftruncateSync } from "node:fs";
import { errnoOf } from "../core/errors.ts";
import type { SyncPolicy } from "./durability.ts";
import type { FileSinkOptions } from "./file-sink-options.ts";
import type { OutputEvents } from "./output-events.ts";
import { copyBytes, type Output } from "./output-file.ts";
import { Retention } from "./retention.ts";
import { isDue } from "./rotation.ts";
import type { WriteQueue } from "./write-queue.ts";

/** Why the file is left: for a new one, for the one that has the name now, or because a sync of it failed. */
export type Replacement = "rotate" | "follow" | { readonly abandon: Error };

/**
 * The file was left and is safe (`synced`), or what was written since its last successful sync isn't (`suspect`); lines
 * still go to the same file (`kept`); or it can't be trusted and no other can be opened for now (`stranded`).
 */
export type Outcome = "synced" | "suspect" | "kept" | "stranded";

export interface CurrentOutputOptions extends Pick<FileSinkOptions, "open" | "rotation" | "forwarding"> {
  readonly policy: SyncPolicy;
  readonly events: OutputEvents;
  /** Queues the written part of an unfinished line again, and knows what can be written again. */
  readonly queue: Pick<WriteQueue, "rewindLine" | "retained">;
}

/** fdatasync(2) failed for a file that was to be left: the file can't be trusted. */
class SyncError extends Error {}

/**
 * Which file is open: keeps the output's name and the file together through rotation, logrotate, removal, and failed
 * syncs. The file is left in two steps, because a write or a sync of it may be under way: from leave() on nothing more
 * may begin, and when nothing is under way any more, replace() does it.
 */
export class CurrentOutput {
  /** To be closed before this: only the owner of the output's lock may touch rotated files. */
  readonly retention: Retention;
  readonly #options: CurrentOutputOptions;
  #file: Output;
  #replacement: Replacement | undefined;
  #isClosed = false;
  /** Bytes of whole lines in the file. */
  #wholeBytes: number;
  /** The same when the file last had its name: what follows in a removed file was meant for the new one. */
  #namedBytes: number;
  /** The new name of a file whose sync failed, until another file is open. */
  #suspectName: string | undefined;

  constructor(file: Output, options: CurrentOutputOptions) {
    this.#file = file;
    this.#wholeBytes = file.bytes;
    this.#namedBytes = file.bytes;
    this.#options = options;
    const { rotation, forwarding, events } = options;
    this.retention = new Retention(file.path, rotation, {
      isOpen: (other) => this.#file.is(other),
      forwarding,
      events,
    });
  }

  /**
   * Where lines go. Undefined from leave() to a replace() that succeeds, and at the end: then nothing may be written or
   * synced.
   */
  get fd(): number | undefined {
    return this.isLeaving || this.#isClosed ? undefined : this.#file.fd;
  }

  get isLeaving(): boolean {
    return this.#replacement !== undefined;
  }

  /** The errno of the failed sync for which nothing is written until another file can be opened (`stranded`). */
  get refusal(): string | undefined {
    return typeof this.#replacement === "object" ? (errnoOf(this.#replacement.abandon) ?? "EIO") : undefined;
  }

  /** @param isWhole the file now ends with a whole line */
  grown(bytes: number, isWhole: boolean): void {
    this.#file.grown(bytes);
    if (isWhole) this.#wholeBytes = this.#file.bytes;
  }

  /** Calls back when it may accept bytes again. */
  onWritable(resume: () => void): void {
    this.#file.onWritable(resume);
  }

  isDue(): boolean {
    return isDue(this.#options.rotation, this.#file.bytes, performance.now() - this.#file.openedAtMs);
  }

  /** To be called regularly. @returns why the file has to be left */
  look(): Replacement | undefined {
    this.retention.look();
    if (!this.#isNamed()) return "follow";
    return this.isDue() ? "rotate" : undefined;
  }

  /** A file that can't be trusted is left for that reason, whatever reason comes later. */
  leave(reason: Replacement): void {
    if (typeof this.#replacement !== "object") this.#replacement = reason;
  }

  /** Replaces the file, of which no write and no sync is under way. What prevents that is reported as a problem. */
  replace(): Outcome {
    try {
      const outcome = this.#carryOut();
      this.#replacement = undefined;
      return outcome;
    } catch (error) {
      if (error instanceof SyncError) {
        this.#replacement = { abandon: error };
        return this.replace();
      }
      if (errnoOf(error) === undefined) throw error;
      this.#options.events.problem(error);
      if (typeof this.#replacement === "object") return "stranded";
      this.#replacement = undefined;
      return "kept";
    }
  }

  /** @param isIdle no write and no sync is under way; otherwise the descriptor stays open until the process ends */
  close(isIdle: boolean): void {
    this.#isClosed = true;
    this.#replacement = undefined;
    if (!isIdle) return;
    this.#trim();
    this.#file.close();
  }

  #carryOut(): Outcome {
    if (typeof this.#replacement === "object") return this.#abandon(this.#replacement.abandon);
    if (!this.#isNamed()) return this.#follow();
    return this.#replacement === "rotate" ? this.#rotate() : "kept";
  }

  /** Gives the file its final name and begins a new one. */
  #rotate(): Outcome {
    this.#trim();
    this.#sync();
    const name = this.retention.nextName("");
    // A sync may take long. If another file has the name now, it must not be renamed.
    if (!this.#isNamed() || !this.#file.renameWith(name)) return this.#follow();
    this.#leaveFor(this.#options.open());
    this.#options.events.rotated(name);
    return "synced";
  }

  /** Opens the file that has the name now. Lines written to a removed file are copied to it. */
  #follow(): Outcome {
    this.#trim();
    this.#sync();
    const rescued = this.#leaveFor(this.#options.open());
    this.#options.events.reopened(rescued);
    return "synced";
  }

  /** fsync(2) reports a failure once and forgets it, so this file can't be trusted any more. */
  #abandon(error: Error): Outcome {
    this.#trimSuspect();
    if (this.#file.isNamed()) {
      const name = this.retention.nextName("suspect-");
      if (this.#file.renameWith(name)) this.#suspectName = name;
    }
    this.#leaveFor(this.#options.open(), this.#file.bytes - this.#options.queue.retained);
    this.#options.events.suspect(this.#suspectName, error);
    this.#suspectName = undefined;
    return "suspect";
  }

  /** Whether the name still refers to the open file; noted for a rescue. */
  #isNamed(): boolean {
    if (!this.#file.isNamed()) return false;
    this.#namedBytes = this.#wholeBytes;
    return true;
  }

  /** An unfinished line is cut off here and written whole to the next file. */
  #trim(): void {
    const bytes = this.#options.queue.rewindLine();
    if (bytes > 0) this.#file.cut(bytes);
  }

  /** The line is written whole to the next file, whether or not its beginning can be cut off here. */
  #trimSuspect(): void {
    try {
      this.#trim();
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      this.#options.events.problem(error);
    }
  }

  #sync(): void {
    if (!this.#options.policy.syncs) return;
    try {
      fdatasyncSync(this.#file.fd);
    } catch (cause) {
      throw new SyncError(`${this.#file.path} can't be synced: ${String(cause)}`, { cause });
    }
  }

  /**
   * @param end of what won't be written again to the next file
   * @returns bytes copied from a removed file
   */
  #leaveFor(next: Output, end: number = this.#file.bytes): number {
    // What follows is copied to a file that may be removed in the meantime.
    const namedBytes = next.bytes;
    const rescued = this.#file.isDeleted() ? this.#rescue(next, end) : 0;
    this.#file.close();
    this.#file = next;
    this.#wholeBytes = next.bytes;
    this.#namedBytes = namedBytes;
    this.retention.added();
    return rescued;
  }

  /**
   * Copies what a removed file got since it was last seen under its name. On failure the next file is as it was, and
   * closed.
   */
  #rescue(next: Output, end: number): number {
    const before = next.bytes;
    try {
      const copied = copyBytes(this.#file, next, [this.#namedBytes, end]);
      // Not as #sync(): a new file that can't be synced is no reason to distrust the old one.
      if (copied > 0 && this.#options.policy.syncs) fdatasyncSync(next.fd);
      return copied;
    } catch (error) {
      ftruncateSync(next.fd, before);
      next.close();
      throw error;
    }
  }
}
