import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, FINISHED_FILES_MAX } from "../checkpoint/checkpoint.ts";
import { type FileMark, moveMark } from "../checkpoint/file-mark.ts";
import { SlotFile } from "../checkpoint/slot-file.ts";
import { extend, type PastPosition } from "../checkpoint/trail.ts";
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

  /** Begins with a file of which nothing has been sent. @param sequence of the stream's last message */
  begin(target: string, file: FileMark, sequence: number): void {
    const state = { target, sequence, first: sequence, generation: 0, inFlight: [], finished: [] };
    this.#write({ version: 1, ...state, ...begun(file, sequence) });
    this.sync();
  }

  /** All of the present file up to its offset is done, and another one follows. */
  finish(next: FileMark): void {
    const before = this.#known();
    this.#follow(next, [...before.finished, before.file], before.sequence);
  }

  /**
   * Gives the rest of the present file another name.
   *
   * @param formers marks of all that was forwarded before it
   * @param sequence see Checkpoint
   */
  rename(rest: FileMark, formers: readonly FileMark[], sequence: number): void {
    this.#follow(rest, formers, sequence);
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
    const first = isAnew ? state.sequence : before.first;
    const kept = at < 0 ? upTo(file, before.trail, state.sequence) : [];
    this.#write({
      ...before,
      ...begun(file, state.sequence),
      ...state,
      first,
      finished,
      ...(kept.length > 0 && { trail: kept }),
    });
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
    this.#extendTrail();
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

  /** Blocks are sent under a name only when that has reached the disk: after a power cut, nothing else would know it. */
  #follow(file: FileMark, finished: readonly FileMark[], sequence: number): void {
    const last = finished.slice(-FINISHED_FILES_MAX);
    this.#write({ ...this.#known(), ...begun(file, sequence), sequence, inFlight: [], finished: last });
    this.sync();
  }

  #extendTrail(): void {
    const { file, trail, sequence, ...rest } = this.#known();
    const { offset, before } = file;
    if (offset <= (trail.at(-1)?.offset ?? 0)) return;
    this.#write({ ...rest, file, sequence, trail: extend(trail, { offset, before, sequence }) });
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

/** A mark, and a trail that begins with it. */
function begun(file: FileMark, sequence: number): Pick<Checkpoint, "file" | "trail"> {
  const { offset, before } = file;
  return { file, trail: [{ offset, before, sequence }] };
}

/** What of a trail comes before a mark. The stream may have lost the numbers of later positions, and have them again. */
function upTo({ offset }: FileMark, trail: readonly PastPosition[], sequence: number): readonly PastPosition[] {
  return trail
    .filter((position, at) => position.offset <= offset && (at === 0 || position.sequence <= sequence))
    .map((position) => ({ ...position, sequence: Math.min(position.sequence, sequence) }));
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
