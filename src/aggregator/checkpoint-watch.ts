import { closeSync, constants, lstatSync, openSync } from "node:fs";
import { type Checkpoint, checkpointPath } from "../checkpoint/checkpoint.ts";
import { type FileMark, isSameInode, likeness } from "../checkpoint/file-mark.ts";
import { type CheckpointReading, isProblem, readCheckpoint } from "../checkpoint/read-checkpoint.ts";
import { errnoOf } from "../core/errors.ts";
import { compareRotatedNames } from "../core/rotated-name.ts";
import type { Backlog, Forwarding } from "../sink/forwarding.ts";
import type { RotatedFile, RotatedSet } from "../sink/rotated-files.ts";

export interface CheckpointWatchOptions {
  /** Whether files wait for a forwarder even where there is no checkpoint. */
  readonly isExpected: boolean;
  /** The checkpoint says nothing about the files, so all of them wait. Called once, until it does. */
  unusable(problem: string): void;
}

const NOTHING: Backlog = { files: 0, bytes: 0 };

/** What the checkpoint beside an output says about its rotated files. */
export class CheckpointWatch implements Forwarding {
  readonly #output: string;
  readonly #options: CheckpointWatchOptions;
  #reported: string | undefined;

  constructor(output: string, options: CheckpointWatchOptions) {
    this.#output = output;
    this.#options = options;
  }

  position(): string {
    const reading = this.#read();
    if (typeof reading === "string") return reading;
    return isProblem(reading) ? reading.problem : reading.file.id;
  }

  backlog(set: RotatedSet): Backlog | undefined {
    const reading = this.#read();
    if (reading === "none") return this.#options.isExpected ? NOTHING : undefined;
    if (set.files.length === 0 || reading === "new") return NOTHING;
    if (isProblem(reading)) return this.#report(reading.problem);
    const backlog = this.#compare(reading, set);
    if (backlog === undefined) return this.#report("is about none of the files that are there");
    this.#reported = undefined;
    return backlog;
  }

  #read(): CheckpointReading {
    return readCheckpoint(checkpointPath(this.#output));
  }

  #report(problem: string): Backlog {
    const path = checkpointPath(this.#output);
    if (this.#reported !== problem) this.#options.unusable(`${path} ${problem}`);
    this.#reported = problem;
    return NOTHING;
  }

  /**
   * A forwarder goes from the oldest file to the newest, so all files before the present one are forwarded. If that is
   * gone, those up to the last one that it had finished are.
   */
  #compare({ file, finished }: Checkpoint, set: RotatedSet): Backlog | undefined {
    if (isMarked(file, this.#output)) return { files: set.files.length, bytes: 0 };
    const at = indexOf(file, set.files);
    if (at >= 0) return { files: at, bytes: file.offset };
    const suspect = set.suspect[indexOf(file, set.suspect)];
    if (suspect !== undefined) return { files: countBefore(suspect, set.files), bytes: 0 };
    for (const mark of finished.toReversed()) {
      const last = indexOf(mark, set.files);
      if (last >= 0) return { files: last + 1, bytes: 0 };
    }
    return undefined;
  }
}

function indexOf(mark: FileMark, files: readonly RotatedFile[]): number {
  return files.findIndex(({ plain }) => plain !== undefined && isMarked(mark, plain));
}

function countBefore(suspect: RotatedFile, files: readonly RotatedFile[]): number {
  return files.filter(({ name }) => compareRotatedNames(name, suspect.name) < 0).length;
}

/** Whether a path names the marked file. Its content is compared as well, where the inode is the same. */
function isMarked(mark: FileMark, path: string): boolean {
  try {
    const stats = lstatSync(path, { bigint: true });
    if (!stats.isFile() || !isSameInode(mark, stats)) return false;
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return likeness(mark, fd) === "same";
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false; // removed in the meantime, or unreadable: it counts as not forwarded
  }
}
