import { addressOf } from "./libc.ts";

/** struct mmsghdr and struct iovec on 64-bit Linux (x86-64, arm64): sizes and field offsets in bytes. */
const HEADER_BYTES = 64;
const HEADER_IOV = 16;
const HEADER_IOVLEN = 24;
const HEADER_FLAGS = 48;
const HEADER_LENGTH = 56;
const IOVEC_BYTES = 16;

/**
 * An array of mmsghdr, each with one iovec, for recvmmsg(2) and sendmmsg(2). It is stored in ArrayBuffers of its own,
 * whose addresses are determined once. The memory that the iovecs point to must outlive this object and never move.
 */
export class MessageHeaders {
  /** The argument of the calls. */
  readonly headers: Uint8Array;
  readonly #words: Uint32Array;
  readonly #iovecs: BigUint64Array;
  readonly #payload: Uint8Array;
  readonly #payloadAddress: bigint;

  constructor(count: number, payload: Uint8Array) {
    const iovecBytes = new Uint8Array(new ArrayBuffer(count * IOVEC_BYTES));
    this.headers = new Uint8Array(new ArrayBuffer(count * HEADER_BYTES));
    this.#words = new Uint32Array(this.headers.buffer);
    this.#iovecs = new BigUint64Array(iovecBytes.buffer);
    this.#payload = payload;
    this.#payloadAddress = addressOf(payload);
    const pointers = new BigUint64Array(this.headers.buffer);
    const iovecAddress = addressOf(iovecBytes);
    for (let i = 0; i < count; i++) {
      pointers[(i * HEADER_BYTES + HEADER_IOV) / 8] = iovecAddress + BigInt(i * IOVEC_BYTES);
      pointers[(i * HEADER_BYTES + HEADER_IOVLEN) / 8] = 1n;
    }
  }

  /** Points message `index` at payload bytes [start, start + length). */
  aim(index: number, start: number, length: number): void {
    if (start + length > this.#payload.byteLength) throw new RangeError("message outside its payload");
    this.#iovecs[2 * index] = this.#payloadAddress + BigInt(start);
    this.#iovecs[2 * index + 1] = BigInt(length);
  }

  /** The array starting at message `index`: the remaining messages when the kernel accepted only some. */
  from(index: number): Uint8Array {
    return index === 0 ? this.headers : this.headers.subarray(index * HEADER_BYTES);
  }

  /** Length of message `index` as passed to aim(). */
  aimedBytes(index: number): number {
    return Number(this.#iovecs[2 * index + 1]);
  }

  /** Bytes that the kernel transferred for message `index`. */
  length(index: number): number {
    return this.#words[(index * HEADER_BYTES + HEADER_LENGTH) / 4] ?? 0;
  }

  /** msg_flags of message `index`, such as MSG_TRUNC. */
  flags(index: number): number {
    return this.#words[(index * HEADER_BYTES + HEADER_FLAGS) / 4] ?? 0;
  }
}
