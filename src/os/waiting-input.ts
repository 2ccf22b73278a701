import { fstatSync } from "node:fs";
import { closeDescriptor } from "./close-descriptor.ts";
import {
  AF_NETLINK,
  AF_UNIX,
  FIONREAD,
  IPPROTO_TCP,
  NETLINK_SOCK_DIAG,
  SO_DOMAIN,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
  TCP_INFO,
} from "./constants.ts";
import { getsockopt, ioctl, read, socket, write } from "./libc.ts";
import { getOption } from "./socket-options.ts";

/** struct nlmsghdr (linux/netlink.h) and its fields. */
const HEADER_BYTES = 16;
const TYPE_AT = 4;
const FLAGS_AT = 6;
const FLAG_REQUEST = 1;
const SOCK_DIAG_BY_FAMILY = 20;

/** struct unix_diag_req and unix_diag_msg (linux/unix_diag.h). */
const REQUEST_BYTES = HEADER_BYTES + 24;
const STATES_AT = HEADER_BYTES + 4;
const INODE_AT = HEADER_BYTES + 8;
const SHOW_AT = HEADER_BYTES + 12;
const COOKIE_AT = HEADER_BYTES + 16;
const ATTRIBUTES_AT = HEADER_BYTES + 16;
const SHOW_QUEUE = 0x10;
const UNIX_DIAG_RQLEN = 4;

/** An answer about one socket has less than 100 bytes. */
const ANSWER_BYTES_MAX = 1024;

/** Where struct tcp_info (linux/tcp.h) has tcpi_unacked, which of a listening socket is the length of its backlog. */
const UNACKED_AT = 24;

/** Connections that a listening socket's senders have made and nobody has accepted; null where it can't be known. */
export function waitingConnections(fd: number): number | null {
  return getOption(fd, SOL_SOCKET, SO_DOMAIN) === AF_UNIX ? unixBacklog(fd) : tcpBacklog(fd);
}

/** 0 when no message waits at a datagram socket; otherwise null: the kernel doesn't say how many there are. */
export function waitingMessages(fd: number): 0 | null {
  const bytes = Buffer.alloc(4);
  return ioctl(fd, FIONREAD, bytes) === 0 && bytes.readInt32LE() === 0 ? 0 : null; // of the first message (udp(7))
}

function tcpBacklog(fd: number): number | null {
  const info = Buffer.alloc(256);
  const length = Uint32Array.of(info.length);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, length) < 0) return null;
  return (length[0] ?? 0) >= UNACKED_AT + 4 ? info.readUInt32LE(UNACKED_AT) : null;
}

/** Asks sock_diag(7), which needs no privilege. */
function unixBacklog(fd: number): number | null {
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeUInt32LE(REQUEST_BYTES, 0);
  request.writeUInt16LE(SOCK_DIAG_BY_FAMILY, TYPE_AT);
  request.writeUInt16LE(FLAG_REQUEST, FLAGS_AT);
  request.writeUInt8(AF_UNIX, HEADER_BYTES);
  request.writeUInt32LE(0xffff_ffff, STATES_AT);
  request.writeUInt32LE(fstatSync(fd).ino, INODE_AT);
  request.writeUInt32LE(SHOW_QUEUE, SHOW_AT);
  request.fill(0xff, COOKIE_AT); // none
  const netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (netlink < 0) return null;
  write(netlink, request, request.length);
  const answer = Buffer.alloc(ANSWER_BYTES_MAX);
  const bytes = read(netlink, answer, answer.length);
  closeDescriptor(netlink);
  return queueIn(answer.subarray(0, Math.max(0, bytes)));
}

/** Attributes are struct rtattr (rtnetlink(7)): length, type, value, each aligned to four bytes. */
function queueIn(answer: Buffer): number | null {
  if (answer.length < ATTRIBUTES_AT || answer.readUInt16LE(TYPE_AT) !== SOCK_DIAG_BY_FAMILY) return null;
  for (let at = ATTRIBUTES_AT; at + 8 <= answer.length; ) {
    if (answer.readUInt16LE(at + 2) === UNIX_DIAG_RQLEN) return answer.readUInt32LE(at + 4);
    at += Math.max(4, (answer.readUInt16LE(at) + 3) & ~3);
  }
  return null;
}
