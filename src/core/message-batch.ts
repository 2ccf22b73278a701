/**
 * Datagrams as one recvmmsg(2) leaves them: message i is `lengths[i]` bytes at `bytes[i * slotBytes]`, each slot has room
 * for at least one byte more than any message. Borrowed: valid during the call, free to be rearranged in place.
 */
export interface MessageBatch {
  readonly bytes: Buffer;
  readonly slotBytes: number;
  readonly count: number;
  /** Bytes of message i that are in its slot. */
  length(index: number): number;
  /** True when the kernel cut message i to fit (MSG_TRUNC). */
  truncated(index: number): boolean;
}
