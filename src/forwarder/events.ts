import type { Refusal } from "./engines/engine.ts";

/** What a forwarder counts. */
export interface Tally {
  /** Blocks, lines and bytes that the engine has acknowledged in this run; of a block that was resent, once. */
  blocks: number;
  lines: number;
  bytes: number;
  /** Blocks that were found stored although their acknowledgement was lost. */
  found: number;
  /** Lines that the engine doesn't accept; they are in the rejected file. */
  rejected: number;
  /** Lines that the engine refused without saying which; the rejected file names their blocks. */
  unnamed: number;
}

/** What became of a file that isn't as it was left. */
export type FileChange =
  /** Its content is in another file now. */
  | "copied"
  /** It has lost the end of what was forwarded, and may have grown since; all that differs from that is forwarded. */
  | "shortened"
  /** It has another content, which is forwarded from its beginning. */
  | "replaced"
  /** It is gone, and with it what was not forwarded. */
  | "gone";

/** What a running forwarder reports. */
export interface ForwarderEvents {
  /** The engine is reached, and forwarding goes on at this position. */
  connected(at: { readonly target: string; readonly file: string; readonly offset: number }): void;
  /** The engine can't be reached, or has failed; it is tried again. Once per outage. */
  waiting(reason: string): void;
  /** A rotated file is forwarded to its end, and the next one begins. */
  rotated(at: { readonly file: string; readonly bytes: number }): void;
  changed(change: FileChange, at: { readonly path: string; readonly offset: number }): void;
  /** The stream has lost blocks that it had acknowledged; they are sent again where the files are still there. */
  refilling(at: { readonly file: string; readonly offset: number; readonly from: number }): void;
  /** The engine has accepted all, and says something about it. */
  warned(message: string): void;
  /** The engine doesn't accept lines; it is not asked again. */
  rejected(refusal: Refusal): void;
}
