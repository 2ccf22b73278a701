import { type Dirent, lstatSync } from "node:fs";
import { opendir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { compareRotatedNames, parseRotatedName, type RotatedName } from "../core/rotated-name.ts";
import { timeStamp } from "./time-stamp.ts";

/** Directory entries per call on the thread pool: few calls for many files, and little memory. */
const ENTRIES_AT_ONCE = 1024;

/** The suffix of an incomplete gzip file. */
const PART = ".part";

/** One rotated file. At the end of its compression, and after a crash then, it has both forms. */
export interface RotatedFile {
  readonly name: RotatedName;
  readonly plain?: string;
  readonly gzip?: string;
}

export interface RotatedSet {
  /** Oldest first. */
  readonly files: readonly RotatedFile[];
  /** Files whose sync failed, oldest first; they are kept, whatever their number. */
  readonly suspect: readonly RotatedFile[];
  /** Incomplete gzip files that a crash left. */
  readonly partial: readonly string[];
}

/** Whether a file of this name would count as a rotated file, complete or not, of another output. */
export function isRotatedName(path: string): boolean {
  const name = basename(path).replace(/\.gz\.part$/, ".gz");
  return [...name.matchAll(/\./g)].some(({ index }) => {
    const rotated = index > 0 ? parseRotatedName(name.slice(0, index), name) : undefined;
    return rotated !== undefined && !rotated.isSuspect;
  });
}

/** The rotated files of an output: their names, their order, and a name for the next one. */
export class RotatedFiles {
  readonly #output: string;
  /** The stamp of the newest file, rotated or suspect; the next one's is greater, whatever the clock says. */
  #newest: Pick<RotatedName, "time" | "nth"> = { time: "", nth: 0 };

  constructor(output: string) {
    this.#output = output;
  }

  /**
   * Reads the directory. Only regular files count: a directory, a link or a socket with such a name was made by another
   * program.
   *
   * @throws the system error
   */
  async list(): Promise<RotatedSet> {
    const [directory, base] = [dirname(this.#output), basename(this.#output)];
    const found = new Map<string, RotatedFile>();
    const suspect: RotatedFile[] = [];
    const partial: string[] = [];
    for await (const entry of await opendir(directory, { bufferSize: ENTRIES_AT_ONCE })) {
      if (!entry.name.startsWith(`${base}.`)) continue;
      const path = join(directory, entry.name);
      const name = parseRotatedName(base, entry.name);
      if (name === undefined) {
        if (isPartial(base, entry)) partial.push(path);
      } else if (entry.isFile()) {
        this.#notBefore(name);
        const form = name.isCompressed ? { gzip: path } : { plain: path };
        if (name.isSuspect) {
          suspect.push({ name, ...form });
          continue;
        }
        const key = `${name.time}-${name.nth}`;
        found.set(key, { name, ...found.get(key), ...form });
      }
    }
    return { files: sorted(found.values()), suspect: sorted(suspect), partial };
  }

  /**
   * A name for a file that is rotated now: `<output>.<kind>20261123T040000000Z`, greater than all earlier ones. If the
   * clock was set back, the newest stamp gets a count.
   *
   * @param kind before the stamp; "" for a rotated file
   */
  nextName(now: Date, kind: "" | "suspect-" = ""): string {
    const newest = this.#newest;
    const isLater = timeStamp(now) > newest.time;
    this.#newest = isLater ? { time: timeStamp(now), nth: 0 } : { time: newest.time, nth: newest.nth + 1 };
    for (;;) {
      const { time, nth } = this.#newest;
      const name = `${this.#output}.${kind}${time}${nth === 0 ? "" : `-${nth}`}`;
      if (!isTaken(name) && !isTaken(`${name}.gz`)) return name;
      this.#newest = { time, nth: nth + 1 };
    }
  }

  #notBefore({ time, nth }: RotatedName): void {
    const { time: newest, nth: last } = this.#newest;
    if (time > newest || (time === newest && nth > last)) this.#newest = { time, nth };
  }
}

function sorted(files: Iterable<RotatedFile>): RotatedFile[] {
  return [...files].sort((a, b) => compareRotatedNames(a.name, b.name));
}

/** A link counts too: unlink(2) removes the link, not its target. */
function isPartial(base: string, entry: Dirent): boolean {
  if (!entry.name.endsWith(PART) || !(entry.isFile() || entry.isSymbolicLink())) return false;
  const name = parseRotatedName(base, entry.name.slice(0, -PART.length));
  return name?.isCompressed === true && !name.isSuspect;
}

function isTaken(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
