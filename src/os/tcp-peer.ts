import { INET_ADDRESS_BYTES_MAX } from "../core/kernel-facts.ts";
import { closeDescriptor } from "./close-descriptor.ts";
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  IPPROTO_TCP,
  NETLINK_SOCK_DIAG,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
} from "./constants.ts";
import { connect, getpeername, getsockname, read, socket, write } from "./libc.ts";
import { readDrops } from "./socket-options.ts";

/** struct nlmsghdr (linux/netlink.h). */
const HEADER_BYTES = 16;
const TYPE_AT = 4;
const FLAG_REQUEST = 1;
const SOCK_DIAG_BY_FAMILY = 20;

/** struct inet_diag_req_v2 and inet_diag_msg (linux/inet_diag.h). */
const REQUEST_BYTES = HEADER_BYTES + 56;
const EXTENSIONS_AT = HEADER_BYTES + 2;
const STATES_AT = HEADER_BYTES + 4;
const SOCKET_ID_AT = HEADER_BYTES + 8;
const STATE_AT = HEADER_BYTES + 1;
const WRITE_QUEUE_AT = HEADER_BYTES + 60;
const ATTRIBUTES_AT = HEADER_BYTES + 72;
const ALL_STATES = 0xffff_ffff;

/** The attribute that contains struct tcp_info (linux/tcp.h), and the offset of a field in it. */
const INET_DIAG_INFO = 2;
const BYTES_ACKED_AT = 120;

/** FIN_WAIT1, LAST_ACK, CLOSING (net/tcp_states.h): an unacknowledged FIN counts as one byte of the queue. */
const FIN_QUEUED: ReadonlySet<number> = new Set([4, 9, 11]);

/** The acknowledgement of the SYN counts as one byte. */
const SYN_BYTES = 1;

/** An answer about one socket (header, inet_diag_msg, tcp_info and short attributes) has less than 1 KiB. */
const ANSWER_BYTES_MAX = 4096;

/** ::ffff:a.b.c.d */
const MAPPED_PREFIX = Buffer.from("00000000000000000000ffff", "hex");

/** AF_UNSPEC, with which connect(2) resets a TCP connection. */
const UNSPECIFIED_ADDRESS = Buffer.alloc(16);

/**
 * The longest time between the kernel's count and the reset for which the count is good: some ten times what both calls take. Where
 * the scheduler runs somebody else in between, the sender may write as much as its buffer holds.
 */
const RESET_MS_MAX = 0.1;

/** What the sender at the other end had written when the connection was reset. */
export interface ResetPeer {
  /** null where it can't be known. */
  readonly writtenBytes: number | null;
  /** Whether more bytes arrived in that very moment: they are lost, and not included in the number. */
  readonly late: boolean;
  /** Whether so much time passed after the count that a sender whose connection was full may have written more unnoticed. */
  readonly isSlow: boolean;
}

/**
 * Bytes that the other end's kernel has accepted from the sender since it connected, whether or not they have been
 * sent (sock_diag(7); needs no privilege). /proc/net/tcp has the same numbers, but they are milliseconds old once they
 * have been read.
 *
 * @returns null where it can't be known: the other end is on another machine or in another network namespace, or has
 *   gone
 */
export function bytesWrittenByPeer(fd: number): number | null {
  return queryPeer(fd, () => {}).writtenBytes;
}

/**
 * Whether the other end has sent its last byte and closed, so that nothing more is added to what its kernel still has to send; false
 * where that can't be known.
 */
export function hasPeerClosed(fd: number): boolean {
  return queryPeer(fd, () => {}).hasClosed;
}

/**
 * Resets a connection whose socket drops all input, so that the sender's next write fails. Returns how much it had
 * written, as bytesWrittenByPeer() does.
 */
export function resetPeer(fd: number): ResetPeer {
  const before = readDrops(fd);
  // Microseconds pass between the kernel's count and the reset. A segment that arrives in them is dropped, which the
  // drop counter shows; what the sender's buffer takes in them doesn't show.
  const { writtenBytes, ms } = queryPeer(fd, () => connect(fd, UNSPECIFIED_ADDRESS, UNSPECIFIED_ADDRESS.length));
  return { writtenBytes, late: readDrops(fd) !== before, isSlow: ms > RESET_MS_MAX };
}

interface PeerAnswer {
  readonly writtenBytes: number | null;
  readonly hasClosed: boolean;
  /** How long the count and what was called then took. */
  readonly ms: number;
}

const UNKNOWN = { writtenBytes: null, hasClosed: false };

/** @param then called as soon as the kernel has counted */
function queryPeer(fd: number, then: () => void): PeerAnswer {
  const request = requestFor(fd);
  const netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  const startMs = performance.now();
  if (request !== undefined && netlink >= 0) write(netlink, request, request.length);
  then();
  const ms = performance.now() - startMs;
  if (netlink < 0) return { ...UNKNOWN, ms };
  const answer = Buffer.alloc(ANSWER_BYTES_MAX);
  const bytes = read(netlink, answer, answer.length);
  closeDescriptor(netlink);
  return { ...(bytes < 0 ? UNKNOWN : peerIn(answer.subarray(0, bytes))), ms };
}

function peerIn(answer: Buffer): Omit<PeerAnswer, "ms"> {
  if (answer.length < ATTRIBUTES_AT || answer.readUInt16LE(TYPE_AT) !== SOCK_DIAG_BY_FAMILY) return UNKNOWN;
  const acked = bytesAcked(answer);
  const hasClosed = FIN_QUEUED.has(answer.readUInt8(STATE_AT));
  const queued = answer.readUInt32LE(WRITE_QUEUE_AT) - (hasClosed ? 1 : 0);
  return { writtenBytes: acked === undefined ? null : acked - SYN_BYTES + queued, hasClosed };
}

/** Attributes are struct rtattr (rtnetlink(7)): length, type, value, each aligned to four bytes. */
function bytesAcked(answer: Buffer): number | undefined {
  for (let at = ATTRIBUTES_AT; at + 4 <= answer.length; ) {
    const length = answer.readUInt16LE(at);
    const value = at + 4;
    if (answer.readUInt16LE(at + 2) === INET_DIAG_INFO && length >= 4 + BYTES_ACKED_AT + 8)
      return Number(answer.readBigUInt64LE(value + BYTES_ACKED_AT));
    at += Math.max(4, (length + 3) & ~3);
  }
  return undefined;
}

interface SocketEnd {
  readonly family: number;
  /** As in the packet. */
  readonly port: Buffer;
  readonly host: Buffer;
}

/** A request for the socket at the other end; undefined when the connection has no addresses any more. */
function requestFor(fd: number): Buffer | undefined {
  const local = endOf(getsockname, fd);
  const peer = endOf(getpeername, fd);
  if (local === undefined || peer === undefined) return undefined;
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeUInt32LE(REQUEST_BYTES, 0);
  request.writeUInt16LE(SOCK_DIAG_BY_FAMILY, TYPE_AT);
  request.writeUInt16LE(FLAG_REQUEST, 6);
  request.writeUInt8(peer.family, HEADER_BYTES);
  request.writeUInt8(IPPROTO_TCP, HEADER_BYTES + 1);
  request.writeUInt8(1 << (INET_DIAG_INFO - 1), EXTENSIONS_AT);
  request.writeUInt32LE(ALL_STATES, STATES_AT);
  peer.port.copy(request, SOCKET_ID_AT);
  local.port.copy(request, SOCKET_ID_AT + 2);
  peer.host.copy(request, SOCKET_ID_AT + 4);
  local.host.copy(request, SOCKET_ID_AT + 20);
  request.fill(0xff, SOCKET_ID_AT + 40); // INET_DIAG_NOCOOKIE
  return request;
}

function endOf(name: typeof getsockname, fd: number): SocketEnd | undefined {
  const address = Buffer.alloc(INET_ADDRESS_BYTES_MAX);
  if (name(fd, address, Uint32Array.of(address.length)) < 0) return undefined;
  const port = address.subarray(2, 4);
  if (address.readUInt16LE(0) === AF_INET) return { family: AF_INET, port, host: address.subarray(4, 8) };
  const host = address.subarray(8, 24);
  // An IPv4 client of an IPv6 listener has an IPv4 socket.
  if (host.subarray(0, 12).equals(MAPPED_PREFIX)) return { family: AF_INET, port, host: host.subarray(12) };
  return { family: AF_INET6, port, host };
}
