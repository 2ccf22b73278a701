import type { BigIntStats } from "node:fs";
import { lstat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { Compressor } from "./compressor.ts";
import { type Candidate, type Forwarding, Release } from "./forwarding.ts";
import { FreeSpace } from "./free-space.ts";
import type { RetentionEvents, RetentionLimit } from "./output-events.ts";
import { RotatedFiles, type RotatedSet } from "./rotated-files.ts";
import { type RotationPlan, rotates } from "./rotation.ts";

/** What st_blocks counts, whatever the file system's own blocks are (inode(7)). */
const STAT_BLOCK_BYTES = 512;

export interface RetentionOptions {
  /** Whether lines are written to this file: it is neither removed nor compressed, whatever its present name. */
  isOpen(file: BigIntStats): boolean;
  /** Undefined where nobody forwards the output. */
  readonly forwarding?: Forwarding | undefined;
  readonly events: RetentionEvents;
}

/**
 * Keeps as many rotated files as the plan allows: removes the oldest first and compresses the others. Files that wait
 * for a forwarder are neither compressed nor removed, unless space is short. The directory is read once at the start,
 * after each rotation, and while files wait, when another one is forwarded. Suspect and torn files are never touched.
 */
export class Retention {
  readonly #output: string;
  readonly #plan: RotationPlan;
  readonly #options: RetentionOptions;
  readonly #rotated: RotatedFiles;
  readonly #compressor: Compressor;
  readonly #space: FreeSpace;
  readonly #release: Release;
  #removed = { removedFiles: 0, removedBytes: 0, removedUnforwardedBytes: 0 };
  /** The forwarder's position while files wait for it. */
  #awaited: string | undefined;
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
    this.#release = new Release(plan.holdMs);
    this.#compressor = new Compressor({ isOpen: options.isOpen, problem: options.events.problem });
  }

  /** What was removed because a limit was reached; bytes as stored, compressed or not. */
  get counts(): Readonly<Record<"removedFiles" | "removedBytes" | "removedUnforwardedBytes", number>> {
    return { ...this.#removed };
  }

  /** A name for a file that is rotated now, see RotatedFiles. */
  nextName(kind: "" | "suspect-"): string {
    return this.#rotated.nextName(new Date(), kind);
  }

  /**
   * Completes what an earlier run left undone. When it resolves, incomplete files are removed and no more files are
   * left than the plan allows, or a forwarder needs; compression continues.
   *
   * @throws OperationalError OUTPUT_UNWRITABLE when the directory can't be read
   */
  async begin(): Promise<void> {
    if (!rotates(this.#plan)) return;
    try {
      const set = await this.#rotated.list();
      for (const path of set.partial) await unlink(path).catch((error: unknown) => this.#failed(error));
      await this.#tidy(set);
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

  /** Checks whether enough space is free and whether files still wait for a forwarder; to be called regularly. */
  look(): void {
    if (this.#awaited !== undefined && this.#hasMoved()) this.#wake();
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
        await this.#tidy(await this.#rotated.list());
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#work = undefined;
  }

  #hasMoved(): boolean {
    return this.#release.isDue || this.#options.forwarding?.position() !== this.#awaited;
  }

  async #tidy(set: RotatedSet): Promise<void> {
    const { keep = Number.POSITIVE_INFINITY, totalBytesMax, compress } = this.#plan;
    const { forwarding } = this.#options;
    this.#isProblemReported = false;
    const position = forwarding?.position(); // before the backlog: what changes in between is seen again
    const files = this.#release.judge(set.files, forwarding?.backlog(set));
    let kept = await this.#removeOldest(files, "keep", (at) => files.length - at > keep && isReleased(files, at));
    const beyond = totalBytesMax === undefined ? 0 : await countBeyond(kept, totalBytesMax);
    const rest = kept;
    kept = await this.#removeOldest(kept, "totalBytesMax", (at) => at < beyond && isReleased(rest, at));
    kept = await this.#removeOldest(kept, "freeBytesMin", () => this.#space.isShort());
    this.#awaited = kept.every((file) => file.isReleased) ? undefined : position;
    this.#isExhausted = kept.length === 0 && this.#space.isShort();
    if (this.#isExhausted && !this.#isShortReported) {
      this.#isShortReported = true;
      this.#options.events.spaceShort(this.#space.freeBytes());
    }
    if (compress) this.#compressor.offer(kept.flatMap(({ file, isReleased }) => (isReleased && file.plain) || []));
  }

  /** @returns the files that are left */
  async #removeOldest(
    files: readonly Candidate[],
    limit: RetentionLimit,
    isDue: (at: number) => boolean,
  ): Promise<readonly Candidate[]> {
    const removed: string[] = [];
    const before = this.counts;
    let count = 0;
    while (count < files.length && isDue(count) && !this.#isClosed) {
      const gone = await this.#remove(files[count]);
      removed.push(...gone.slice(-1)); // a file in both forms is one file
      count++;
    }
    const [oldest, newest] = [removed[0], removed.at(-1)];
    if (oldest !== undefined && newest !== undefined) {
      const bytes = this.#removed.removedBytes - before.removedBytes;
      const unforwardedBytes = this.#removed.removedUnforwardedBytes - before.removedUnforwardedBytes;
      this.#options.events.removed({ limit, files: removed.length, bytes, unforwardedBytes, oldest, newest });
    }
    return files.slice(count);
  }

  /** @returns the names that it removed */
  async #remove(candidate: Candidate | undefined): Promise<string[]> {
    const gone: string[] = [];
    let unforwardedBytes = 0;
    for (const path of pathsOf(candidate)) {
      const bytes = await this.#unlink(path);
      if (bytes === undefined) continue;
      gone.push(path);
      this.#removed.removedBytes += bytes;
      unforwardedBytes ||= Math.max(0, bytes - (candidate?.forwardedBytes ?? 0));
    }
    if (gone.length > 0) this.#removed.removedFiles++;
    this.#removed.removedUnforwardedBytes += unforwardedBytes;
    return gone;
  }

  /** @returns the bytes that the file had; undefined if it is still there */
  async #unlink(path: string): Promise<number | undefined> {
    try {
      const file = await lstat(path, { bigint: true });
      if (this.#options.isOpen(file)) return undefined;
      await this.#space.note(Number(file.blocks) * STAT_BLOCK_BYTES, () => unlink(path));
      return Number(file.size);
    } catch (error) {
      this.#failed(error);
      return undefined;
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
async function countBeyond(files: readonly Candidate[], bytesMax: number): Promise<number> {
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

function pathsOf(candidate: Candidate | undefined): string[] {
  return [candidate?.file.plain, candidate?.file.gzip].flatMap((path) => path ?? []);
}

function isReleased(files: readonly Candidate[], at: number): boolean {
  return files[at]?.isReleased === true;
}
