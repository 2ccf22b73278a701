import type { Peer } from "./peer.ts";

/**
 * Datagrams as recvmmsg(2) stored them: message i is the `length(i)` bytes at `bytes[i * slotBytes]`. Each slot is at
 * least one byte longer than any message. Borrowed: valid during the call; the callee may rearrange the bytes in place.
 */
export interface MessageBatch {
  readonly bytes: Buffer;
  readonly slotBytes: number;
  readonly count: number;
  /** Number of bytes of a message that are in its slot. */
  length(index: number): number;
  /** Whether the kernel truncated a message to fit its slot (MSG_TRUNC). */
  truncated(index: number): boolean;
  /** Who sent a message: the same object for messages in a row of one sender. Present where it was asked for. */
  readonly peer?: ((index: number) => Peer) | undefined;
}
