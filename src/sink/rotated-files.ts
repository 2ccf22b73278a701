import { type Dirent, lstatSync } from "node:fs";
import { opendir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { timeStamp } from "./time-stamp.ts";

/** Directory entries that one call on the thread pool brings. */
const ENTRIES_AT_ONCE = 1024;

/** Stamp, count, form. No leading zeros, so that two names never mean one file. */
const SUFFIX = /^(\d{8}T\d{9}Z)(?:-([1-9]\d{0,14}))?(\.gz)?(\.part)?$/;

/** One finished output. While it is compressed, and after a crash in the last moment of that, it has both forms. */
export interface RotatedFile {
  readonly stamp: string;
  /** Tells files of one stamp apart, 0 for the first. */
  readonly count: number;
  readonly plain?: string;
  readonly gzip?: string;
}

export interface RotatedSet {
  /** Oldest first. */
  readonly files: readonly RotatedFile[];
  /** What a crash left of compressed files that it cut short. */
  readonly partial: readonly string[];
}

/** Whether a file of this name would be taken for a rotated file, or for a part of one, of another output. */
export function isRotatedName(path: string): boolean {
  const name = basename(path);
  return [...name.matchAll(/\./g)].some(({ index }) => index > 0 && SUFFIX.test(name.slice(index + 1)));
}

/** The files beside an output into which it was rotated: their names, their order, and a name for the next one. */
export class RotatedFiles {
  readonly #output: string;
  /** Of the newest file; the next one's is greater, whatever the clock says. */
  #newest: Pick<RotatedFile, "stamp" | "count"> = { stamp: "", count: 0 };

  constructor(output: string) {
    this.#output = output;
  }

  /**
   * Reads the directory. Only regular files count: a directory, a link or a socket with such a name was made by somebody else.
   *
   * @throws the system error
   */
  async list(): Promise<RotatedSet> {
    const prefix = `${basename(this.#output)}.`;
    const directory = dirname(this.#output);
    const found = new Map<string, RotatedFile>();
    const partial: string[] = [];
    for await (const entry of await opendir(directory, { bufferSize: ENTRIES_AT_ONCE })) {
      if (!entry.name.startsWith(prefix)) continue;
      const [, stamp, count = "0", gzip, part] = SUFFIX.exec(entry.name.slice(prefix.length)) ?? [];
      if (stamp === undefined) continue;
      const path = join(directory, entry.name);
      if (part !== undefined) {
        if (gzip !== undefined && isUnlinkable(entry)) partial.push(path);
      } else if (entry.isFile()) {
        const key = `${stamp}-${count}`;
        const form = gzip === undefined ? { plain: path } : { gzip: path };
        found.set(key, { stamp, count: Number(count), ...found.get(key), ...form });
      }
    }
    const files = [...found.values()].sort(compare);
    const newest = files.at(-1);
    if (newest !== undefined && compare(newest, this.#newest) > 0) this.#newest = newest;
    return { files, partial };
  }

  /**
   * A name for a file that is finished now: `<output>.<kind>20261123T040000000Z`, greater than all before it. Where the clock was
   * set back, the newest stamp gets a count.
   *
   * @param kind before the stamp; "" for a rotated file
   */
  nextName(now: Date, kind: "" | "suspect-" = ""): string {
    const stamp = timeStamp(now);
    const { stamp: last, count } = this.#newest;
    this.#newest = stamp > last ? { stamp, count: 0 } : { stamp: last, count: count + 1 };
    for (;;) {
      const suffix = this.#newest.count === 0 ? this.#newest.stamp : `${this.#newest.stamp}-${this.#newest.count}`;
      const name = `${this.#output}.${kind}${suffix}`;
      if (!isTaken(name) && !isTaken(`${name}.gz`)) return name;
      this.#newest = { stamp: this.#newest.stamp, count: this.#newest.count + 1 };
    }
  }
}

function compare(a: Pick<RotatedFile, "stamp" | "count">, b: Pick<RotatedFile, "stamp" | "count">): number {
  if (a.stamp === b.stamp) return a.count - b.count;
  return a.stamp < b.stamp ? -1 : 1;
}

/** unlink(2) removes a link and not what it points to. */
function isUnlinkable(entry: Dirent): boolean {
  return entry.isFile() || entry.isSymbolicLink();
}

function isTaken(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
