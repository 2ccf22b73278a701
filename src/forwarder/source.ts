import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { type FileMark, isSameInode, likeness, markFile, newFileId } from "../checkpoint/file-mark.ts";
import { lastIntact } from "../checkpoint/trail.ts";
import type { ForwarderEvents } from "./events.ts";
import type { LogFile, LogFiles } from "./log-files.ts";
import type { Progress } from "./progress.ts";
import type { Resumption } from "./reconcile.ts";

/** How long a renamed file of an unknown program must not have grown before the next one begins. */
const LEFT_MS = 1000;

/** The file no longer has all that was forwarded of it. */
interface Loss {
  /** Up to there it has. */
  readonly offset: number;
  /** See Checkpoint: of that offset. */
  readonly sequence: number;
  /** Up to there it was forwarded. */
  readonly acknowledged: number;
}

/** Which file is read: the log, its rotated files before it, and what becomes of them. */
export class Source {
  readonly #files: LogFiles;
  readonly #progress: Progress;
  readonly #events: ForwarderEvents;
  #file: LogFile | undefined;
  #loss: Loss | undefined;
  #quiet: { readonly bytes: number; readonly sinceMs: number } | undefined;

  constructor(files: LogFiles, progress: Progress, events: ForwarderEvents) {
    this.#files = files;
    this.#progress = progress;
    this.#events = events;
  }

  get file(): LogFile {
    if (this.#file === undefined) throw new Error("no file is open");
    return this.#file;
  }

  /** Whether rename() has to follow, once the file has been compared with what is stored. */
  get hasLoss(): boolean {
    return this.#loss !== undefined;
  }

  /** Up to there, the present file was acknowledged. */
  get acknowledged(): number {
    return this.#loss?.acknowledged ?? this.#progress.checkpoint?.file.offset ?? 0;
  }

  /** The checkpoint; where the present file has lost its end, as it was before the file had that. */
  get checkpoint(): Checkpoint | undefined {
    const { checkpoint } = this.#progress;
    if (checkpoint === undefined || this.#loss === undefined) return checkpoint;
    const { offset, sequence } = this.#loss;
    return { ...checkpoint, file: { ...checkpoint.file, offset }, sequence, inFlight: [] };
  }

  /**
   * Opens the file in which forwarding goes on, or with no checkpoint the oldest one.
   *
   * @param sequence of the stream's last message, with which a new checkpoint begins
   * @returns whether there is one
   */
  open(target: string, sequence: number): boolean {
    if (this.#isOpenAsMarked()) return true;
    this.close();
    const { checkpoint } = this.#progress;
    if (checkpoint !== undefined) return this.#reopen(checkpoint, checkpoint.file.offset);
    this.#file = this.#files.oldest();
    if (this.#file === undefined) return false;
    this.#progress.begin(target, markFile(this.#file.fd, { id: newFileId(), begin: 0 }, 0), sequence);
    return true;
  }

  /**
   * The file is not what it was: it was truncated. All that was sent of it has been acknowledged.
   *
   * @param offset up to which that was
   */
  reopen(offset: number): boolean {
    this.close();
    const { checkpoint } = this.#progress;
    return checkpoint !== undefined && this.#reopen(checkpoint, offset);
  }

  /** Whether the file still is as it was when it was opened: otherwise it must not be marked, but opened again. */
  isAsOpened(): boolean {
    if (this.#isOpenAsMarked()) return true;
    const { checkpoint } = this.#progress;
    if (this.#loss === undefined || checkpoint === undefined) return false;
    if (likeness(checkpoint.file, this.file.fd) !== "shortened") return false;
    return lastIntact(checkpoint.trail, this.file.fd).offset === this.#loss.offset;
  }

  /** Goes back or forth to where the engine's content ends. */
  resume(resumption: Resumption, generation: number): void {
    const { checkpoint } = this.#progress;
    if (checkpoint === undefined) return;
    const { sequence } = resumption;
    const known = [...checkpoint.finished, checkpoint.file];
    const first = known.findIndex(({ id }) => id === resumption.file);
    for (const mark of known.slice(Math.max(0, first))) {
      const offset = mark.id === resumption.file ? resumption.offset : mark.begin;
      const file = mark.id === checkpoint.file.id ? this.file : this.#find(mark);
      if (file === undefined) {
        this.#events.changed("gone", { path: this.#files.path, offset });
        continue;
      }
      if (file !== this.#file) this.close();
      this.#file = file;
      const inFlight = mark.id === checkpoint.file.id ? lengthsFrom(offset, checkpoint) : [];
      this.#progress.resume(markFile(file.fd, mark, offset), { sequence, inFlight, generation });
      return;
    }
  }

  /**
   * The file has another content than what was sent, from an offset on: it goes on there under a new name.
   *
   * @param sequence that no block of the new name has, nor a lower one
   */
  rename(offset: number, sequence: number): void {
    const { checkpoint } = this.#progress;
    if (checkpoint === undefined) return;
    const { fd, stats } = this.file;
    const { file, finished } = checkpoint;
    this.#events.changed("shortened", { path: this.#files.path, offset: this.acknowledged });
    this.#loss = undefined;
    // None of its former names goes further than the file is the same.
    const earlier = finished.map((mark) =>
      isSameInode(mark, stats) && mark.offset > offset ? markFile(fd, mark, offset) : mark,
    );
    const rest = markFile(fd, { id: newFileId(), begin: offset }, offset);
    this.#progress.rename(rest, [...earlier, markFile(fd, file, offset)], sequence);
  }

  /**
   * At the end of the file: whether nothing will be written to it any more, because the next one has begun.
   *
   * @param isWaiting whether there is time to see if an unknown program still writes to it
   */
  isFinished(isWaiting: boolean): boolean {
    if (this.file.isNamed(this.#files.path)) return false;
    const next = this.#files.after(this.file);
    next?.close();
    if (next === undefined) return false;
    const isLeft = this.#files.isLeft(this.file);
    return isLeft ?? (!isWaiting || this.#isQuiet());
  }

  /** Begins with the next file. All of the present one has been acknowledged. @returns whether there is one */
  advance(): boolean {
    const next = this.#files.after(this.file);
    if (next === undefined) return false;
    this.#events.rotated({ file: this.#progress.checkpoint?.file.id ?? "", bytes: this.file.bytes });
    this.#begin(next);
    return true;
  }

  /** Idempotent. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#loss = undefined;
    this.#quiet = undefined;
  }

  #isQuiet(): boolean {
    const { bytes } = this.file;
    if (this.#quiet?.bytes !== bytes) this.#quiet = { bytes, sinceMs: performance.now() };
    return performance.now() - this.#quiet.sinceMs >= LEFT_MS;
  }

  #isOpenAsMarked(): boolean {
    const mark = this.#progress.checkpoint?.file;
    return this.#file !== undefined && (mark === undefined || likeness(mark, this.#file.fd) === "same");
  }

  #reopen(checkpoint: Checkpoint, acknowledged: number): boolean {
    const { file: mark, trail, sequence } = checkpoint;
    const found = this.#files.find(mark);
    if (found === undefined || found.likeness === "replaced") {
      const next = found?.file ?? this.#files.younger(mark);
      if (next === undefined) return false;
      const change = found === undefined ? "gone" : "replaced";
      this.#events.changed(change, { path: this.#files.path, offset: mark.offset });
      this.#begin(next);
      return true;
    }
    this.#file = found.file;
    if (found.likeness === "copy") this.#goOnInCopy(checkpoint, Math.min(acknowledged, found.file.bytes));
    if (found.likeness === "shortened") this.#loss = { ...lastIntact(trail, found.file.fd), acknowledged };
    // It was truncated behind its mark.
    else if (acknowledged > (this.#progress.checkpoint?.file.offset ?? 0)) {
      this.#loss = { offset: mark.offset, sequence, acknowledged };
    }
    return true;
  }

  /** @param offset up to which the copy has what was acknowledged */
  #goOnInCopy({ file, sequence, inFlight, generation }: Checkpoint, offset: number): void {
    this.#events.changed("copied", { path: this.#files.path, offset });
    this.#progress.resume(markFile(this.file.fd, file, offset), { sequence, inFlight, generation });
  }

  #begin(next: LogFile): void {
    this.close();
    this.#file = next;
    this.#progress.finish(markFile(next.fd, { id: newFileId(), begin: 0 }, 0));
  }

  #find(mark: FileMark): LogFile | undefined {
    const found = this.#files.find(mark);
    if (found?.likeness === "same" || found?.likeness === "copy") return found.file;
    found?.file.close();
    return undefined;
  }
}

/** The lengths of the blocks that may have been sent, from an offset on at which one of them begins. */
function lengthsFrom(offset: number, { file, inFlight }: Pick<Checkpoint, "file" | "inFlight">): readonly number[] {
  let at = file.offset;
  for (let skipped = 0; skipped <= inFlight.length; skipped++) {
    if (at === offset) return inFlight.slice(skipped);
    at += inFlight[skipped] ?? 0;
  }
  return [];
}
