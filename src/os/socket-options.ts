import type { Socket } from "node:net";
import { type Peer, UNKNOWN_PEER } from "../core/peer.ts";
import {
  F_DUPFD_CLOEXEC,
  FIONREAD,
  SIOCOUTQ,
  SK_MEMINFO_DROPS,
  SO_MEMINFO,
  SO_PEERCRED,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOL_SOCKET,
} from "./constants.ts";
import { errnoError, fcntl, getsockopt, ioctl, setsockopt } from "./libc.ts";
import { readSysctl } from "./sysctl.ts";

/** Sets an option with the parameters of setsockopt(2), in its order. @throws the system error */
// biome-ignore lint/complexity/useMaxParams: a thin wrapper of setsockopt(2)
export function setOption(fd: number, level: number, name: number, value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  if (setsockopt(fd, level, name, bytes, 4) < 0) throw errnoError("setsockopt");
}

/** @throws the system error of getsockopt(2) */
export function getOption(fd: number, level: number, name: number): number {
  const bytes = Buffer.alloc(4);
  if (getsockopt(fd, level, name, bytes, Uint32Array.of(4)) < 0) throw errnoError("getsockopt");
  return bytes.readInt32LE();
}

/**
 * Requests a receive buffer and returns the payload bytes granted. The kernel doubles the number for its own
 * bookkeeping (socket(7)), so half of what it reports was granted. With CAP_NET_ADMIN, net.core.rmem_max doesn't
 * apply.
 */
export function growReceiveBuffer(fd: number, bytes: number): number {
  const asked = Math.min(bytes, 0x3fffffff); // twice that still fits the kernel's signed 32-bit number
  try {
    setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, asked);
  } catch {
    setOption(fd, SOL_SOCKET, SO_RCVBUF, asked);
  }
  return getOption(fd, SOL_SOCKET, SO_RCVBUF) / 2;
}

/**
 * The same for a buffer that another program may have made larger than this process may: it is never made smaller.
 * systemd does that for ReceiveBuffer= in a .socket unit.
 */
export function raiseReceiveBuffer(fd: number, bytes: number): number {
  const before = getOption(fd, SOL_SOCKET, SO_RCVBUF) / 2;
  const granted = readSysctl("net.core.rmem_max") ?? 0; // at least, with or without CAP_NET_ADMIN
  return before >= Math.min(bytes, granted) ? before : growReceiveBuffer(fd, bytes);
}

/**
 * Messages or segments that the kernel has dropped at this socket since it was created (a u32 that wraps), or null
 * where the kernel doesn't report it.
 */
export function readDrops(fd: number): number | null {
  const bytes = Buffer.alloc(64); // SK_MEMINFO has nine counters of 4 bytes (linux/sock_diag.h)
  const length = Uint32Array.of(bytes.length);
  if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, bytes, length) < 0) return null;
  const offset = 4 * SK_MEMINFO_DROPS;
  return (length[0] ?? 0) >= offset + 4 ? bytes.readUInt32LE(offset) : null;
}

/**
 * The process at the other end of an AF_UNIX stream socket, that is, the one that connected it or called listen(2)
 * (SO_PEERCRED, unix(7)); unknown for other sockets, for which the kernel returns -1.
 */
export function peerCredentials(fd: number): Peer {
  const bytes = Buffer.alloc(12);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, bytes, Uint32Array.of(12)) < 0) return UNKNOWN_PEER;
  const uid = bytes.readUInt32LE(4);
  return uid === 0xffffffff ? UNKNOWN_PEER : { pid: bytes.readInt32LE(0), uid, gid: bytes.readUInt32LE(8) };
}

/** The descriptor of a connected Node socket, for which Node has no public API. @throws Error when there is none */
export function descriptorOf(socket: Socket): number {
  const fd = openDescriptorOf(socket);
  if (fd === undefined) throw new Error("a connected socket without a descriptor");
  return fd;
}

/** As descriptorOf(); undefined once it is closed, which may be later than the socket's end. */
export function openDescriptorOf(socket: Socket): number | undefined {
  const fd: unknown = Reflect.get(Object(Reflect.get(socket, "_handle")), "fd");
  return typeof fd === "number" && fd >= 0 ? fd : undefined;
}

/** The descriptor once more, for a user of its own. @throws the system error of fcntl(2) */
export function duplicate(fd: number): number {
  const copy = fcntl(fd, F_DUPFD_CLOEXEC, "int", 0);
  if (copy < 0) throw errnoError("fcntl");
  return copy;
}

/**
 * Bytes of a TCP socket that the other side's kernel has not acknowledged (SIOCOUTQ, tcp(7)), an unacknowledged FIN
 * counted as one. Still right when the connection was reset.
 */
export function unacknowledgedBytes(fd: number): number {
  const bytes = Buffer.alloc(4);
  if (ioctl(fd, SIOCOUTQ, bytes) < 0) throw errnoError("ioctl");
  return bytes.readInt32LE();
}

/** Bytes that a TCP socket has received and that nobody has read yet (SIOCINQ, tcp(7)); 0 once it is closed. */
export function unreadBytes(fd: number): number {
  const bytes = Buffer.alloc(4);
  return ioctl(fd, FIONREAD, bytes) < 0 ? 0 : bytes.readInt32LE();
}
