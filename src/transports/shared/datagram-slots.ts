import { RECEIVE_SLOTS_BYTES_MAX } from "../../core/limits.ts";
import type { MessageBatch } from "../../core/message-batch.ts";
import type { Peer } from "../../core/peer.ts";
import { RECEIVE_BATCH_MESSAGES } from "../../core/tuning.ts";
import { MSG_DONTWAIT, MSG_TRUNC } from "../../os/constants.ts";
import { errnoError, errnoName, recvmmsg } from "../../os/libc.ts";
import { MessageHeaders, type SenderKind } from "../../os/message-headers.ts";
import { MessagePeers } from "./message-peers.ts";

/** The same on x86-64 and on most arm64 processors; another size would cost only speed. */
const CACHE_LINE_BYTES = 64;

/** Slots of equal size in one memory, which recvmmsg(2) fills: the only batch of a listener, which is reused. */
export class DatagramSlots implements MessageBatch {
  readonly bytes: Buffer;
  readonly slotBytes: number;
  readonly peer: ((index: number) => Peer) | undefined;
  readonly #headers: MessageHeaders;
  readonly #capacity: number;
  #count = 0;

  /**
   * @param messageBytesMax longest message that is received whole; the kernel truncates longer ones
   * @param senders what to ask the kernel about senders; left out, nothing
   */
  constructor(messageBytesMax: number, senders?: SenderKind) {
    // One more byte for an LF. An odd number of cache lines, or else the slots' first bytes would share cache sets.
    const lines = Math.ceil((messageBytesMax + 1) / CACHE_LINE_BYTES) | 1;
    this.slotBytes = lines * CACHE_LINE_BYTES;
    const fitting = Math.max(1, Math.floor(RECEIVE_SLOTS_BYTES_MAX / this.slotBytes));
    this.#capacity = Math.min(RECEIVE_BATCH_MESSAGES, fitting);
    // Separate, fresh memory: pages that no message touches never become resident.
    this.bytes = Buffer.from(new ArrayBuffer(this.#capacity * this.slotBytes));
    this.#headers = new MessageHeaders(this.#capacity, this.bytes, senders);
    const peers = senders === undefined ? undefined : new MessagePeers(this.#headers);
    this.peer = peers === undefined ? undefined : (index) => peers.of(index);
    for (let i = 0; i < this.#capacity; i++) this.#headers.aim(i, i * this.slotBytes, this.slotBytes - 1);
  }

  get count(): number {
    return this.#count;
  }

  /** Whether all slots were filled, so that more messages may be waiting. */
  get full(): boolean {
    return this.#count === this.#capacity;
  }

  length(index: number): number {
    return this.#headers.length(index);
  }

  truncated(index: number): boolean {
    return (this.#headers.flags(index) & MSG_TRUNC) !== 0;
  }

  /** Bytes in all slots together. */
  totalBytes(): number {
    let total = 0;
    for (let i = 0; i < this.#count; i++) total += this.#headers.length(i);
    return total;
  }

  /**
   * Reads messages until the socket has none or all slots are full: senders that wait because the queue is short
   * (unixgram) refill it while it is read. On failure, returns the system error.
   */
  fill(fd: number): Error | undefined {
    this.#headers.expectSenders(0, this.#count);
    this.#count = 0;
    while (!this.full) {
      const received = recvmmsg(fd, this.#headers.from(this.#count), this.#capacity - this.#count, MSG_DONTWAIT, null);
      if (received > 0) {
        this.#count += received;
        continue;
      }
      switch (errnoName()) {
        case "EAGAIN":
          return undefined;
        case "EINTR":
        case "ECONNREFUSED": // an ICMP error about an earlier datagram (udp(7)), not about the next message
        case "EHOSTUNREACH":
        case "ENETUNREACH":
          continue;
        default:
          return errnoError("recvmmsg");
      }
    }
    return undefined;
  }
}
