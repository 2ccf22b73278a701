import type { RetentionEvents } from "./retention.ts";

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
