import { constants, fstatSync, lstatSync, readlinkSync, type Stats } from "node:fs";
import { INET_ADDRESS_BYTES_MAX, UNIX_PATH_BYTES_MAX } from "../core/kernel-facts.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_PROTOCOL,
  SO_TYPE,
  SOL_SOCKET,
} from "./constants.ts";
import { errnoError, fcntl, getsockname } from "./libc.ts";
import { inetPeer } from "./peer-address.ts";
import { getOption } from "./socket-options.ts";

/** A socket as the kernel describes it (socket(7)), in its numbers. */
export interface InheritedSocket {
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
  /** Whether listen(2) was called. */
  readonly isListening: boolean;
  /** Where it is bound: a path, or a host and a port; undefined for an abstract name, and where it isn't bound. */
  readonly address: string | { readonly host: string; readonly port: number } | undefined;
}

export interface InheritedFifo {
  /** Undefined for a pipe without a name, and when the name is gone. */
  readonly path: string | undefined;
  readonly isReadable: boolean;
}

/** What is behind a descriptor that another program opened. */
export type InheritedFile =
  | { readonly is: "socket"; readonly socket: InheritedSocket }
  | { readonly is: "fifo"; readonly fifo: InheritedFifo }
  | { readonly is: "other" | "closed" };

/** Examines a descriptor without changing anything. @throws the system error of getsockopt(2) or getsockname(2) */
export function inspectDescriptor(fd: number): InheritedFile {
  const stats = statsOf(fd);
  if (stats === undefined) return { is: "closed" };
  if (stats.isSocket()) return { is: "socket", socket: socketBehind(fd) };
  return stats.isFIFO() ? { is: "fifo", fifo: fifoBehind(fd, stats) } : { is: "other" };
}

/**
 * Prepares a descriptor for this process: programs that this process starts don't get it, and calls on it never block. The
 * second belongs to the open file, which other processes share; systemd sets it at each start, as NonBlocking= says.
 *
 * @throws the system error of fcntl(2)
 */
export function adoptDescriptor(fd: number): void {
  const flags = fcntl(fd, F_GETFL, "int", 0);
  const isSet = fcntl(fd, F_SETFD, "int", FD_CLOEXEC) === 0;
  if (!isSet || flags < 0 || fcntl(fd, F_SETFL, "int", flags | constants.O_NONBLOCK) < 0) throw errnoError("fcntl");
}

function statsOf(fd: number): Stats | undefined {
  try {
    return fstatSync(fd);
  } catch {
    return undefined; // EBADF
  }
}

function socketBehind(fd: number): InheritedSocket {
  const domain = getOption(fd, SOL_SOCKET, SO_DOMAIN);
  return {
    domain,
    type: getOption(fd, SOL_SOCKET, SO_TYPE),
    protocol: getOption(fd, SOL_SOCKET, SO_PROTOCOL),
    isListening: getOption(fd, SOL_SOCKET, SO_ACCEPTCONN) !== 0,
    address: addressOf(fd, domain),
  };
}

/** Offset of the path in a sockaddr_un (unix(7)). */
const PATH_AT = 2;

function addressOf(fd: number, domain: number): InheritedSocket["address"] {
  const address = Buffer.alloc(Math.max(INET_ADDRESS_BYTES_MAX, PATH_AT + UNIX_PATH_BYTES_MAX + 1));
  const length = Uint32Array.of(address.length);
  if (getsockname(fd, address, length) < 0) throw errnoError("getsockname");
  if (domain === AF_INET || domain === AF_INET6) {
    const { host, port = 0 } = inetPeer(address);
    return host === undefined || port === 0 ? undefined : { host, port };
  }
  if (domain !== AF_UNIX) return undefined;
  const [path = ""] = address.toString("utf8", PATH_AT, length[0]).split("\0"); // empty for an abstract name
  return path === "" ? undefined : path;
}

const O_ACCMODE = 3;

function fifoBehind(fd: number, { ino, dev }: Stats): InheritedFifo {
  const isReadable = (fcntl(fd, F_GETFL, "int", 0) & O_ACCMODE) !== constants.O_WRONLY;
  const name = readlinkSync(`/proc/self/fd/${fd}`);
  const named = name.startsWith("/") ? lstatSync(name, { throwIfNoEntry: false }) : undefined; // not "pipe:[…]"
  return { isReadable, path: named?.ino === ino && named.dev === dev ? name : undefined };
}
