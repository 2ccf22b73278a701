/** The limit for which files were removed. */
export type RetentionLimit = "keep" | "totalBytesMax" | "freeBytesMin";

/** Rotated files that were removed together. */
export interface Removal {
  readonly limit: RetentionLimit;
  readonly files: number;
  readonly bytes: number;
  /** Of these, bytes that were not forwarded yet. */
  readonly unforwardedBytes: number;
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

/** What happens to the output and its rotated files. */
export interface OutputEvents extends RetentionEvents {
  /** The file was renamed to this, and a new one begun. */
  rotated(rotated: string): void;
  /** The file had been renamed or removed and a new one is open; `rescued` bytes were copied from a removed one. */
  reopened(rescued: number): void;
  /**
   * A sync failed: what this file got since its last sync may not survive. Its lines go to a new file, and it was
   * renamed.
   */
  suspect(rotated: string | undefined, error: Error): void;
}
