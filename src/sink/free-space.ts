import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "../core/errors.ts";
import { FREED_SPACE_MS_MAX } from "../core/limits.ts";

/** The free space of a file's file system, beside what there should be at least. */
export class FreeSpace {
  readonly #directory: string;
  readonly #bytesMin: number;
  /** Bytes of removed files that don't show yet, and until when they are expected to. */
  #expectedBytes = 0;
  #expectedUntilMs = 0;

  /** @param bytesMin undefined: any amount is enough, and none is ever looked up */
  constructor(path: string, bytesMin: number | undefined) {
    this.#directory = dirname(path);
    this.#bytesMin = bytesMin ?? 0;
  }

  /** Bytes that are free to everybody; undefined when nobody can tell. */
  freeBytes(): number | undefined {
    try {
      const { bavail, bsize } = statfsSync(this.#directory);
      return bavail * bsize;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return undefined;
    }
  }

  /** Whether less is free than there should be, also with what is going to be freed. What nobody can tell is no reason to act. */
  isShort(): boolean {
    if (this.#bytesMin === 0) return false;
    const expected = performance.now() < this.#expectedUntilMs ? this.#expectedBytes : 0;
    return (this.freeBytes() ?? Number.POSITIVE_INFINITY) + expected < this.#bytesMin;
  }

  /**
   * Removes a file, and notes what that doesn't free at once: it may take long where a reader has the file open, and on some file
   * systems. Removing more in the meantime would remove too much.
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
