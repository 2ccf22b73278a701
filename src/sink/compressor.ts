import { type BigIntStats, lstatSync } from "node:fs";
import { errnoOf } from "../core/errors.ts";
import { compress, LeftAlone } from "./compress.ts";

export interface CompressorOptions {
  /** Whether lines are written to this file. */
  isOpen(file: BigIntStats): boolean;
  /** A file couldn't be compressed; it stays unchanged. */
  problem(error: Error): void;
}

/** Compresses rotated files, one at a time. */
export class Compressor {
  readonly #options: CompressorOptions;
  readonly #stop = new AbortController();
  /** Files that can't be compressed for a reason of their own; they are not tried or reported again. */
  readonly #hopeless = new Set<string>();
  /** Newest first. */
  #waiting: string[] = [];
  #work: Promise<void> | undefined;

  constructor(options: CompressorOptions) {
    this.#options = options;
  }

  /** @param paths all files to compress, oldest first; they replace those that wait */
  offer(paths: readonly string[]): void {
    if (this.#stop.signal.aborted) return;
    this.#waiting = paths.filter((path) => !this.#hopeless.has(path)).reverse();
    if (this.#waiting.length > 0) this.#work ??= this.#compressAll();
  }

  /** Stops; files that aren't compressed yet stay complete. */
  async close(): Promise<void> {
    this.#waiting = [];
    this.#stop.abort();
    await this.#work;
  }

  async #compressAll(): Promise<void> {
    for (let path = this.#waiting.pop(); path !== undefined; path = this.#waiting.pop()) {
      try {
        await compress(path, { isOpen: this.#options.isOpen, signal: this.#stop.signal });
      } catch (error) {
        this.#failed(path, error);
      }
    }
    this.#work = undefined;
  }

  #failed(path: string, cause: unknown): void {
    const code = errnoOf(cause);
    if (code === undefined && !(cause instanceof LeftAlone)) throw cause;
    // Removed by retention, or compressed by another program.
    const isGone = lstatSync(path, { throwIfNoEntry: false }) === undefined;
    if (this.#stop.signal.aborted || isGone) return;
    // Without free space no file can be compressed: they wait for the next rotation.
    if (code === "ENOSPC" || code === "EDQUOT") this.#waiting = [];
    else this.#hopeless.add(path);
    this.#options.problem(new Error(`${path} can't be compressed: ${String(cause)}`, { cause }));
  }
}
