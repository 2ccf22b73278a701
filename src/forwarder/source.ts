import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { type FileMark, likeness, markFile, newFileId } from "../checkpoint/file-mark.ts";
import type { FileChange, ForwarderEvents } from "./events.ts";
import type { LogFile, LogFiles } from "./log-files.ts";
import type { Progress } from "./progress.ts";
import type { Resumption } from "./reconcile.ts";

/** How long a renamed file of an unknown program must not have grown before the next one begins. */
const LEFT_MS = 1000;

/** Which file is read: the log, its rotated files before it, and what becomes of them. */
export class Source {
  readonly #files: LogFiles;
  readonly #progress: Progress;
  readonly #events: ForwarderEvents;
  #file: LogFile | undefined;
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

  /**
   * Opens the file in which forwarding goes on, or with no checkpoint the oldest one.
   *
   * @param sequence of the stream's last message, with which a new checkpoint begins
   * @returns whether there is one
   */
  open(target: string, sequence: number): boolean {
    if (this.#isOpenAsMarked()) return true;
    this.close();
    const mark = this.#progress.checkpoint?.file;
    if (mark !== undefined) return this.#reopen(mark, mark.offset);
    this.#file = this.#files.oldest();
    if (this.#file === undefined) return false;
    this.#progress.begin(target, markFile(this.#file.fd, newFileId(), 0), sequence);
    return true;
  }

  /**
   * The file is not what it was: it was truncated. All that was sent of it has been acknowledged.
   *
   * @param offset up to which that was
   */
  reopen(offset: number): boolean {
    this.close();
    const mark = this.#progress.checkpoint?.file;
    return mark !== undefined && this.#reopen(mark, offset);
  }

  /**
   * Goes back or forth to where the engine's content ends.
   *
   * @returns false if the file was truncated meanwhile: it must not be marked, but opened again
   */
  resume(resumption: Resumption, generation: number): boolean {
    const checkpoint = this.#progress.checkpoint;
    if (checkpoint === undefined || !this.#isOpenAsMarked()) return false;
    const { sequence } = resumption;
    const known = [...checkpoint.finished, checkpoint.file];
    const first = known.findIndex(({ id }) => id === resumption.file);
    for (const mark of known.slice(Math.max(0, first))) {
      const offset = mark.id === resumption.file ? resumption.offset : 0;
      const file = mark.id === checkpoint.file.id ? this.file : this.#find(mark);
      if (file === undefined) {
        this.#events.changed("gone", { path: this.#files.path, offset });
        continue;
      }
      if (file !== this.#file) this.close();
      this.#file = file;
      const inFlight = mark.id === checkpoint.file.id ? lengthsFrom(offset, checkpoint) : [];
      this.#progress.resume(markFile(file.fd, mark.id, offset), { sequence, inFlight, generation });
      return true;
    }
    return true;
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
    this.#begin(next, 0);
    return true;
  }

  /** Idempotent. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
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

  #reopen(mark: FileMark, offset: number): boolean {
    const found = this.#files.find(mark);
    const { path } = this.#files;
    if (found?.likeness === "same") {
      // It was truncated behind its mark: what follows is another content, with a name of its own.
      if (offset !== mark.offset) return this.#replaced(found.file, "shortened", mark.offset);
      this.#file = found.file;
      return true;
    }
    if (found?.likeness === "copy") {
      this.#events.changed("copied", { path, offset });
      this.#file = found.file;
      const { sequence = 0, inFlight = [], generation = 0 } = this.#progress.checkpoint ?? {};
      this.#progress.resume(markFile(found.file.fd, mark.id, offset), { sequence, inFlight, generation });
      return true;
    }
    const next = found?.file ?? this.#files.younger(mark);
    if (next === undefined) return false;
    const change = found?.likeness ?? "gone";
    return this.#replaced(next, change, change === "shortened" ? next.endOfLines() : 0);
  }

  #replaced(next: LogFile, change: FileChange, offset: number): true {
    this.#events.changed(change, { path: this.#files.path, offset: this.#progress.checkpoint?.file.offset ?? 0 });
    this.#begin(next, offset);
    return true;
  }

  #begin(next: LogFile, offset: number): void {
    this.close();
    this.#file = next;
    this.#progress.finish(markFile(next.fd, newFileId(), offset));
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
