import { type Peer, UNKNOWN_PEER } from "../core/peer.ts";
import { SCM_CREDENTIALS, SOL_SOCKET } from "./constants.ts";
import { addressOf } from "./libc.ts";
import { inetPeer } from "./peer-address.ts";

/** struct mmsghdr and struct iovec on 64-bit Linux (x86-64, arm64): sizes and field offsets in bytes. */
const HEADER_BYTES = 64;
const HEADER_NAME = 0;
const HEADER_NAME_LENGTH = 8;
const HEADER_IOV = 16;
const HEADER_IOVLEN = 24;
const HEADER_CONTROL = 32;
const HEADER_CONTROL_LENGTH = 40;
const HEADER_FLAGS = 48;
const HEADER_LENGTH = 56;
const IOVEC_BYTES = 16;

/**
 * Space for a sender's address or for one control message with its credentials. The control message takes exactly this
 * much (cmsg(3): a header of 16 bytes, and 12 padded to 16), so that none with descriptors fits behind it.
 */
const SENDER_BYTES = 32;
const SENDER_WORDS = SENDER_BYTES / 4;
/** Length (u64), level and type of a control message with a struct ucred, as words. */
const CREDENTIALS_HEADER = [28, 0, SOL_SOCKET, SCM_CREDENTIALS] as const;

/**
 * What a message has, with pid 0, that was sent before the socket had SO_PASSCRED, as an inherited socket's may be
 * (scm_recv, include/net/scm.h; kernel.overflowuid).
 */
const NOBODY = 65_534;

/** What recvmmsg(2) reports of each sender: credentials need SO_PASSCRED, set before bind(2). */
export type SenderKind = "credentials" | "address";

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
  readonly #senderKind: SenderKind | undefined;
  readonly #senders: Uint32Array = new Uint32Array(0);

  constructor(count: number, payload: Uint8Array, senderKind?: SenderKind) {
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
    this.#senderKind = senderKind;
    if (senderKind === undefined) return;
    const senders = new Uint8Array(new ArrayBuffer(count * SENDER_BYTES));
    this.#senders = new Uint32Array(senders.buffer);
    const field = senderKind === "address" ? HEADER_NAME : HEADER_CONTROL;
    const sendersAddress = addressOf(senders);
    for (let i = 0; i < count; i++) {
      pointers[(i * HEADER_BYTES + field) / 8] = sendersAddress + BigInt(i * SENDER_BYTES);
    }
    this.expectSenders(0, count);
  }

  /** To be called before messages [from, to) are received: each call overwrites how much space there is. */
  expectSenders(from: number, to: number): void {
    if (this.#senderKind === undefined) return;
    const field = this.#senderKind === "address" ? HEADER_NAME_LENGTH : HEADER_CONTROL_LENGTH;
    for (let i = from; i < to; i++) this.#words[(i * HEADER_BYTES + field) / 4] = SENDER_BYTES;
  }

  /** Whether message `index` has the sender of the one before it. */
  isSameSender(index: number): boolean {
    const at = index * SENDER_WORDS;
    const words = this.#senders;
    for (let i = at; i < at + SENDER_WORDS; i++) if (words[i] !== words[i - SENDER_WORDS]) return false;
    return this.#senderLength(index) === this.#senderLength(index - 1);
  }

  /** The sender of message `index`; unknown where the kernel didn't say. */
  sender(index: number): Peer {
    const at = index * SENDER_WORDS;
    const words = this.#senders.subarray(at, at + SENDER_WORDS);
    if (this.#senderLength(index) === 0) return UNKNOWN_PEER;
    if (this.#senderKind === "address") return inetPeer(Buffer.from(words.buffer, words.byteOffset, SENDER_BYTES));
    if (!CREDENTIALS_HEADER.every((word, i) => words[i] === word)) return UNKNOWN_PEER;
    const [pid, uid, gid] = words.subarray(CREDENTIALS_HEADER.length);
    if (pid === undefined || uid === undefined || gid === undefined) return UNKNOWN_PEER;
    return pid === 0 && uid === NOBODY && gid === NOBODY ? UNKNOWN_PEER : { pid, uid, gid };
  }

  #senderLength(index: number): number {
    const field = this.#senderKind === "address" ? HEADER_NAME_LENGTH : HEADER_CONTROL_LENGTH;
    return this.#words[(index * HEADER_BYTES + field) / 4] ?? 0;
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
