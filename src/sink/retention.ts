import type { BigIntStats } from "node:fs";
import { lstat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { Compressor } from "./compressor.ts";
import { FreeSpace } from "./free-space.ts";
import { type RotatedFile, RotatedFiles } from "./rotated-files.ts";
import { type RotationPlan, rotates } from "./rotation.ts";

/** What st_blocks counts, whatever the file system's own blocks are (inode(7)). */
const STAT_BLOCK_BYTES = 512;

/** The limit for which files were removed. */
export type RetentionLimit = "keep" | "totalBytesMax" | "freeBytesMin";

/** Rotated files that were removed together. */
export interface Removal {
  readonly limit: RetentionLimit;
  readonly files: number;
  readonly bytes: number;
  readonly oldest: string;
  readonly newest: string;
}

export interface RetentionEvents {
  removed(removal: Removal): void;
  /**
   * Less than `freeBytesMin` is free, and no rotated file is left to remove. Reported once, until enough is free again.
   */
  spaceShort(freeBytes: number | undefined): void;
  /**
   * The output couldn't be replaced, or a rotated file couldn't be compressed or removed; it stays unchanged for now.
   */
  problem(error: unknown): void;
}

export interface RetentionOptions {
  /** Whether lines are written to this file: it is neither removed nor compressed, whatever its present name. */
  isOpen(file: BigIntStats): boolean;
  readonly events: RetentionEvents;
}

/**
 * Keeps as many rotated files as the plan allows: removes the oldest first and compresses the others. The directory is
 * read once at the start and once after each rotation. Suspect and torn files are never touched.
 */
export class Retention {
  readonly #output: string;
  readonly #plan: RotationPlan;
  readonly #options: RetentionOptions;
  readonly #rotated: RotatedFiles;
  readonly #compressor: Compressor;
  readonly #space: FreeSpace;
  #removedFiles = 0;
  #removedBytes = 0;
  #work: Promise<void> | undefined;
  #isWanted = false;
  #isClosed = false;
  /** All rotated files were removed, and still less than the minimum is free. */
  #isExhausted = false;
  #isShortReported = false;
  #isProblemReported = false;

  constructor(output: string, plan: RotationPlan, options: RetentionOptions) {
    this.#output = output;
    this.#plan = plan;
    this.#options = options;
    this.#rotated = new RotatedFiles(output);
    this.#space = new FreeSpace(output, plan.freeBytesMin);
    this.#compressor = new Compressor({ isOpen: options.isOpen, problem: options.events.problem });
  }

  /** What was removed because a limit was reached; bytes as stored, compressed or not. */
  get counts(): { readonly removedFiles: number; readonly removedBytes: number } {
    return { removedFiles: this.#removedFiles, removedBytes: this.#removedBytes };
  }

  /** A name for a file that is rotated now, see RotatedFiles. */
  nextName(kind: "" | "suspect-"): string {
    return this.#rotated.nextName(new Date(), kind);
  }

  /**
   * Completes what an earlier run left undone. When it resolves, incomplete files are removed and no more files are
   * left than the plan allows; compression continues.
   *
   * @throws OperationalError OUTPUT_UNWRITABLE when the directory can't be read
   */
  async begin(): Promise<void> {
    if (!rotates(this.#plan)) return;
    try {
      const { files, partial } = await this.#rotated.list();
      for (const path of partial) await unlink(path).catch((error: unknown) => this.#failed(error));
      await this.#tidy(files);
    } catch (cause) {
      const code = errnoOf(cause);
      if (code === undefined) throw cause;
      const fact = `rotated files can't be looked for in ${dirname(this.#output)} (${code})`;
      throw new OperationalError("OUTPUT_UNWRITABLE", `${fact}; fix that or do without rotation`, { cause });
    }
  }

  /** A file has been rotated. */
  added(): void {
    this.#isExhausted = false;
    this.#wake();
  }

  /** Checks whether enough space is free; to be called regularly. */
  look(): void {
    if (!this.#space.isShort()) this.#isShortReported = false;
    else if (!this.#isExhausted) this.#wake();
  }

  /** Resolves when it uses no file any more. Files that aren't compressed yet stay complete. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#work, this.#compressor.close()]);
  }

  #wake(): void {
    if (!rotates(this.#plan) || this.#isClosed) return;
    this.#isWanted = true;
    this.#work ??= this.#run();
  }

  async #run(): Promise<void> {
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false;
      try {
        const { files } = await this.#rotated.list();
        await this.#tidy(files);
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#work = undefined;
  }

  async #tidy(files: readonly RotatedFile[]): Promise<void> {
    const { keep = Number.POSITIVE_INFINITY, totalBytesMax, compress } = this.#plan;
    this.#isProblemReported = false;
    let kept = await this.#removeOldest(files, "keep", (removed) => files.length - removed > keep);
    const beyond = totalBytesMax === undefined ? 0 : await countBeyond(kept, totalBytesMax);
    kept = await this.#removeOldest(kept, "totalBytesMax", (removed) => removed < beyond);
    kept = await this.#removeOldest(kept, "freeBytesMin", () => this.#space.isShort());
    this.#isExhausted = kept.length === 0 && this.#space.isShort();
    if (this.#isExhausted && !this.#isShortReported) {
      this.#isShortReported = true;
      this.#options.events.spaceShort(this.#space.freeBytes());
    }
    if (compress) this.#compressor.offer(kept.flatMap(({ plain }) => plain ?? []));
  }

  /** @returns the files that are left */
  async #removeOldest(
    files: readonly RotatedFile[],
    limit: RetentionLimit,
    isMoreDue: (removed: number) => boolean,
  ): Promise<readonly RotatedFile[]> {
    const removed: string[] = [];
    const before = this.#removedBytes;
    let count = 0;
    while (count < files.length && isMoreDue(count) && !this.#isClosed) {
      const gone = await this.#remove(files[count]);
      removed.push(...gone.slice(-1)); // a file in both forms is one file
      count++;
    }
    const [oldest, newest] = [removed[0], removed.at(-1)];
    if (oldest !== undefined && newest !== undefined) {
      const bytes = this.#removedBytes - before;
      this.#options.events.removed({ limit, files: removed.length, bytes, oldest, newest });
    }
    return files.slice(count);
  }

  /** @returns the names that it removed */
  async #remove(file: RotatedFile | undefined): Promise<string[]> {
    const gone: string[] = [];
    for (const path of pathsOf(file)) if (await this.#unlink(path)) gone.push(path);
    if (gone.length > 0) this.#removedFiles++;
    return gone;
  }

  async #unlink(path: string): Promise<boolean> {
    try {
      const file = await lstat(path, { bigint: true });
      if (this.#options.isOpen(file)) return false;
      await this.#space.note(Number(file.blocks) * STAT_BLOCK_BYTES, () => unlink(path));
      this.#removedBytes += Number(file.size);
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** Reported once per pass over all files: what prevents one removal usually prevents many. */
  #failed(error: unknown): void {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    if (code === "ENOENT" || this.#isProblemReported) return;
    this.#isProblemReported = true;
    this.#options.events.problem(error);
  }
}

/** How many of the oldest files are beyond the total size allowed. */
async function countBeyond(files: readonly RotatedFile[], bytesMax: number): Promise<number> {
  let bytes = 0;
  for (let count = files.length; count > 0; count--) {
    for (const path of pathsOf(files[count - 1])) bytes += await sizeOf(path);
    if (bytes > bytesMax) return count;
  }
  return 0;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    return 0;
  }
}

function pathsOf(file: RotatedFile | undefined): string[] {
  return [file?.plain, file?.gzip].flatMap((path) => path ?? []);
}
