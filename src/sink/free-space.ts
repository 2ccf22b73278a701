import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "../core/errors.ts";
import { FREED_SPACE_MS_MAX } from "../core/limits.ts";

/** The free space of a file's file system, compared with a minimum. */
export class FreeSpace {
  readonly #directory: string;
  readonly #bytesMin: number;
  /** Bytes of removed files that don't count as free yet, and until when they are expected to. */
  #expectedBytes = 0;
  #expectedUntilMs = 0;

  /** @param bytesMin undefined: any amount is enough, and it is never looked up */
  constructor(path: string, bytesMin: number | undefined) {
    this.#directory = dirname(path);
    this.#bytesMin = bytesMin ?? 0;
  }

  /** Bytes that are free for every user; undefined when they can't be read. */
  freeBytes(): number | undefined {
    try {
      const { bavail, bsize } = statfsSync(this.#directory);
      return bavail * bsize;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return undefined;
    }
  }

  /** Whether less than the minimum is free, including what is about to be freed. False when that can't be read. */
  isShort(): boolean {
    if (this.#bytesMin === 0) return false;
    const expected = performance.now() < this.#expectedUntilMs ? this.#expectedBytes : 0;
    return (this.freeBytes() ?? Number.POSITIVE_INFINITY) + expected < this.#bytesMin;
  }

  /**
   * Removes a file, and notes its bytes if they aren't free immediately. That may take long when a reader has the file
   * open, and on some file systems; removing more in the meantime would remove too much.
   *
   * @param bytes that the file has on the disk
   */
  async note(bytes: number, remove: () => Promise<void>): Promise<void> {
    if (this.#bytesMin === 0) return remove();
    const before = this.freeBytes() ?? 0;
    await remove();
    if ((this.freeBytes() ?? 0) - before >= bytes / 2) return;
    const now = performance.now();
    this.#expectedBytes = bytes + (now < this.#expectedUntilMs ? this.#expectedBytes : 0);
    this.#expectedUntilMs = now + FREED_SPACE_MS_MAX;
  }
}
