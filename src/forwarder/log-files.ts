import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type FileMark, isSameInode, type Likeness, likeness, MARK_BYTES } from "../checkpoint/file-mark.ts";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { compareRotatedNames, parseRotatedName } from "../core/rotated-name.ts";
import { LINE_FEED } from "../core/whole-lines.ts";
import { tryLock } from "../os/file-lock.ts";

/** The last line is looked for in this many bytes. */
const TAIL_BYTES: number = 1024 * 1024;
/** A directory that changes while it is read is read again. */
const READS_MAX = 20;

/** A log file that is open for reading, whatever its present name. */
export class LogFile {
  readonly fd: number;
  readonly stats: BigIntStats;
  #isClosed = false;

  /** @throws the system error, ENXIO for what isn't a regular file */
  constructor(path: string) {
    this.fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.stats = fstatSync(this.fd, { bigint: true });
    if (this.stats.isFile()) return;
    this.close();
    throw Object.assign(new Error(`${path} is not a regular file`), { code: "ENXIO" });
  }

  /** Present size. */
  get bytes(): number {
    return fstatSync(this.fd).size;
  }

  /** Whether a path names this file now. */
  isNamed(path: string): boolean {
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return found?.dev === this.stats.dev && found.ino === this.stats.ino;
  }

  /** The end of its last whole line; an unfinished line of 1 MiB or more counts as one. */
  endOfLines(): number {
    const { bytes } = this;
    const tail = Buffer.allocUnsafe(Math.min(bytes, TAIL_BYTES));
    const start = bytes - tail.length;
    return start + tail.subarray(0, this.read(tail, start)).lastIndexOf(LINE_FEED) + 1;
  }

  /** @returns the bytes that were there; fewer than the buffer takes at the end of the file */
  read(into: Buffer, position: number): number {
    return readSync(this.fd, into, 0, into.length, position);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.fd);
  }
}

/** A file of the set, found by its mark. */
export interface Found {
  readonly file: LogFile;
  readonly likeness: Exclude<Likeness, "other">;
}

/** A file of the set. */
export interface Entry {
  readonly path: string;
  readonly stats: BigIntStats;
}

/**
 * A log file with its rotated files: the aggregator's (`app.jsonl.20261123T040000000Z`) and logrotate's (`app.jsonl.1`).
 * Compressed ones aren't read.
 */
export class LogFiles {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** All files, the oldest first. @throws OperationalError INPUT_UNREADABLE */
  list(): readonly Entry[] {
    return this.#entries();
  }

  /** Opens a file of the list; undefined if it has gone or was renamed. @throws OperationalError INPUT_UNREADABLE */
  open(entry: Entry): LogFile | undefined {
    return this.#open(entry);
  }

  /** Opens the oldest file; undefined while there is none. @throws OperationalError INPUT_UNREADABLE */
  oldest(): LogFile | undefined {
    return this.#open(this.#entries()[0]);
  }

  /** Opens the file that was written after this one; undefined if there is none. @throws OperationalError INPUT_UNREADABLE */
  after(file: LogFile): LogFile | undefined {
    const entries = this.#entries();
    const at = entries.findIndex(({ stats }) => stats.dev === file.stats.dev && stats.ino === file.stats.ino);
    // One that has lost its name, because it was removed or compressed, still has its age.
    const isYounger = ({ stats }: Entry): boolean => stats.birthtimeNs > file.stats.birthtimeNs;
    return this.#open(at >= 0 ? entries[at + 1] : entries.find(isYounger));
  }

  /** Opens the first file that is younger than a marked one, which is gone; where ages say nothing, the log itself. */
  younger(mark: FileMark): LogFile | undefined {
    const entries = this.#entries();
    return this.#open(entries.find(({ stats }) => stats.birthtimeNs > BigInt(mark.birth)) ?? entries.at(-1));
  }

  /** Opens the marked file: itself, or a copy of it that has more, or what has become of it. */
  find(mark: FileMark): Found | undefined {
    let best: Found | undefined;
    const isOwn = ({ stats }: Entry): boolean => isSameInode(mark, stats);
    const entries = this.#entries().toSorted((a, b) => Number(isOwn(b)) - Number(isOwn(a)));
    // What is copied is still there, emptied. Without it, a new file may begin as a short one did.
    const hasCopies = mark.offset >= MARK_BYTES || entries.some(isOwn);
    for (const entry of entries) {
      const file = this.#open(entry);
      if (file === undefined) continue;
      const found = likeness(mark, file.fd);
      const isDoubtful = found === "copy" && !hasCopies;
      if (found === "other" || isDoubtful || rank(found) <= rank(best?.likeness)) file.close();
      else {
        best?.file.close();
        best = { file, likeness: found };
      }
      if (found === "same") break;
    }
    return best;
  }

  /**
   * Whether nothing more will be written to a file that no longer has the log's name, and that another one follows. The
   * aggregator is done with a file before it renames it. Under logrotate, a program goes on writing to the renamed file
   * until it notices; an aggregator has it locked as long. For others nobody knows, nor for a file with a name that rotation
   * doesn't give here, as with logrotate's dateext.
   */
  isLeft(file: LogFile): boolean | undefined {
    const entries = this.#entries();
    const at = entries.findIndex(({ stats }) => isSameInode(marked(file), stats));
    const entry = entries[at];
    if (entry === undefined) return undefined;
    if (at < entries.length - 2) return true;
    if (parseRotatedName(basename(this.path), basename(entry.path)) !== undefined) return true;
    const other = this.#open(entry);
    try {
      return other === undefined || tryLock(other.fd) ? undefined : false;
    } finally {
      other?.close();
    }
  }

  #open(entry: Entry | undefined): LogFile | undefined {
    if (entry === undefined) return undefined;
    if (entry.stats.isSymbolicLink()) {
      throw new OperationalError(
        "INPUT_UNREADABLE",
        `${entry.path} is a symbolic link; pass the file that it refers to`,
      );
    }
    try {
      const file = new LogFile(entry.path);
      // It may have been renamed since the directory was read.
      if (file.stats.ino === entry.stats.ino) return file;
      file.close();
      return undefined;
    } catch (cause) {
      const code = errnoOf(cause);
      if (code === undefined) throw cause;
      if (code === "ENOENT") return undefined;
      const fact = code === "ENXIO" ? "is not a regular file; pass one" : `can't be read (${code}); fix that`;
      throw new OperationalError("INPUT_UNREADABLE", `${entry.path} ${fact}`, { cause });
    }
  }

  /** Oldest first. Read until two readings agree, because logrotate renames one file after the other. */
  #entries(): Entry[] {
    let entries = this.#readDirectory();
    for (let reads = 0; reads < READS_MAX; reads++) {
      const again = this.#readDirectory();
      if (fingerprint(again) === fingerprint(entries)) break;
      entries = again;
    }
    return entries;
  }

  #readDirectory(): Entry[] {
    const base = basename(this.path);
    const names = namesIn(dirname(this.path));
    const rotated = names.flatMap((name) => parseRotatedName(base, name) ?? []).filter((name) => !name.isCompressed);
    const numbered = names
      .filter((name) => name.startsWith(`${base}.`) && /^[1-9]\d{0,8}$/.test(name.slice(base.length + 1)))
      .sort((a, b) => Number(b.slice(base.length + 1)) - Number(a.slice(base.length + 1)));
    const ordered = [...numbered, ...rotated.sort(compareRotatedNames).map(({ name }) => name)];
    // A file with several names is there once, under the youngest of them.
    const found = new Map<string, Entry>();
    for (const name of [...ordered, base]) {
      const path = join(dirname(this.path), name);
      const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      if (stats === undefined || (name !== base && !stats.isFile())) continue;
      const node = `${stats.dev} ${stats.ino}`;
      found.delete(node);
      found.set(node, { path, stats });
    }
    return [...found.values()];
  }
}

function marked({ stats }: LogFile): Pick<FileMark, "dev" | "ino" | "birth"> {
  return { dev: String(stats.dev), ino: String(stats.ino), birth: String(stats.birthtimeNs) };
}

/** A copy has the lines that a truncated file has lost. */
function rank(found: Likeness | undefined): number {
  return ["other", "replaced", "shortened", "copy", "same"].indexOf(found ?? "other");
}

function fingerprint(entries: readonly Entry[]): string {
  return entries.map(({ path, stats }) => `${stats.ino} ${path}`).join("\n");
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (cause) {
    const code = errnoOf(cause);
    if (code === undefined) throw cause;
    const fact = `${directory} can't be read (${code}); make it, or pass another file`;
    throw new OperationalError("INPUT_UNREADABLE", fact, { cause });
  }
}
