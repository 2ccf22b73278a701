import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, FINISHED_FILES_MAX } from "../checkpoint/checkpoint.ts";
import { type FileMark, moveMark } from "../checkpoint/file-mark.ts";
import { SlotFile } from "../checkpoint/slot-file.ts";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { lockHolder } from "../os/file-lock.ts";
import type { LogFile } from "./log-files.ts";

/** The checkpoint of one forwarder, which has it locked, or keeps it in memory only. */
export class Progress {
  readonly #path: string;
  #slots: SlotFile | undefined;
  #checkpoint: Checkpoint | undefined;
  #isSynced = true;

  /**
   * Opens the checkpoint file, or creates it.
   *
   * @param path undefined to keep the checkpoint in memory
   * @throws OperationalError CHECKPOINT_IN_USE, CHECKPOINT_UNUSABLE, FOREIGN_FILE
   */
  constructor(path: string | undefined, target: string) {
    this.#path = path ?? "";
    if (path === undefined) return;
    const slots = lockedSlots(path);
    this.#slots = slots;
    try {
      this.#checkpoint = this.#read(slots, target);
    } catch (error) {
      slots.close();
      throw error;
    }
  }

  /** Undefined before the first file. */
  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  /** Begins with a file of which nothing has been sent. */
  begin(target: string, file: FileMark, sequence: number): void {
    const before = this.#checkpoint;
    const { finished = [], generation = 0 } = before ?? {};
    this.#write({
      version: 1,
      target,
      file,
      sequence: before?.sequence ?? sequence,
      first: before?.first ?? sequence,
      generation,
      inFlight: [],
      finished,
    });
    // Blocks are sent under a name only when that has reached the disk: after a power cut, nothing else would know it.
    this.sync();
  }

  /** All of the present file up to its offset is done, and another one follows. */
  finish(next: FileMark): void {
    const before = this.#known();
    const finished = [...before.finished, before.file].slice(-FINISHED_FILES_MAX);
    this.#write({ ...before, file: next, inFlight: [], finished });
    this.sync();
  }

  /** Notes what is acknowledged and what may have been sent. To be called before anything is sent. */
  move(source: LogFile, offset: number, state: Pick<Checkpoint, "sequence" | "inFlight">): void {
    const before = this.#known();
    const file = offset === before.file.offset ? before.file : moveMark(before.file, source.fd, offset);
    this.#write({ ...before, ...state, file });
  }

  /**
   * Goes on with a file, at a position that may be before what was acknowledged.
   *
   * @param generation see Checkpoint
   */
  resume(file: FileMark, state: Pick<Checkpoint, "sequence" | "inFlight" | "generation">): void {
    const before = this.#known();
    const at = before.finished.findIndex(({ id }) => id === file.id);
    const finished = at < 0 ? before.finished : before.finished.slice(0, at);
    const isAnew = finished.length === 0 && file.offset === 0;
    this.#write({ ...before, ...state, first: isAnew ? state.sequence : before.first, file, finished });
  }

  /**
   * What was written survives a power cut from now on. A checkpoint that somebody has removed is written again, because
   * another forwarder would begin with one of its own.
   *
   * @throws OperationalError CHECKPOINT_UNUSABLE, CHECKPOINT_IN_USE
   */
  sync(): void {
    if (this.#slots?.isRemoved === true) {
      const slots = lockedSlots(this.#path);
      this.#slots.close();
      this.#slots = slots;
      if (this.#checkpoint !== undefined) this.#write(this.#checkpoint);
    }
    if (this.#isSynced) return;
    this.#write(undefined);
  }

  /** Idempotent; releases the lock. */
  close(): void {
    this.#slots?.close();
  }

  #known(): Checkpoint {
    if (this.#checkpoint === undefined) throw new Error("nothing was begun");
    return this.#checkpoint;
  }

  /** @param checkpoint undefined to sync the one that is written */
  #write(checkpoint: Checkpoint | undefined): void {
    try {
      if (checkpoint === undefined) this.#slots?.sync();
      else this.#slots?.write(encodeCheckpoint(checkpoint));
    } catch (cause) {
      const code = errnoOf(cause);
      if (code === undefined) throw cause;
      const fact = `${this.#path} can't be written (${code}), and without it lines might be sent twice`;
      throw new OperationalError("CHECKPOINT_UNUSABLE", `${fact}; make space, or fix that`, { cause });
    }
    this.#checkpoint = checkpoint ?? this.#checkpoint;
    this.#isSynced = checkpoint === undefined;
  }

  #read({ payload, isDamaged }: SlotFile, target: string): Checkpoint | undefined {
    const checkpoint = payload === undefined ? undefined : decodeCheckpoint(payload);
    const remedy = "remove it to forward all files from their beginning";
    if (isDamaged || (payload !== undefined && checkpoint === undefined)) {
      const fact = `${this.#path} is damaged, or of another version; ${remedy}`;
      throw new OperationalError("CHECKPOINT_UNUSABLE", fact);
    }
    if (checkpoint !== undefined && checkpoint.target !== target) {
      const fact = `${this.#path} is about ${checkpoint.target}, not ${target}; pass that one, or ${remedy}`;
      throw new OperationalError("CHECKPOINT_UNUSABLE", fact);
    }
    return checkpoint;
  }
}

/** @throws OperationalError CHECKPOINT_IN_USE, CHECKPOINT_UNUSABLE, FOREIGN_FILE */
function lockedSlots(path: string): SlotFile {
  const slots = openSlots(path);
  if (slots.isLocked) return slots;
  const fact = `${path} is locked by ${lockHolder(slots.fd)}, which forwards this file; stop it first`;
  slots.close();
  throw new OperationalError("CHECKPOINT_IN_USE", fact);
}

function openSlots(path: string): SlotFile {
  try {
    return new SlotFile(path, "write");
  } catch (cause) {
    const code = errnoOf(cause);
    if (code === undefined || cause instanceof OperationalError) throw cause;
    const remedy = code === "ENOENT" ? "make its directory" : "fix that";
    throw new OperationalError("CHECKPOINT_UNUSABLE", `${path} can't be opened (${code}); ${remedy}`, { cause });
  }
}
