import type { PathEndpoint } from "../../core/endpoint.ts";
import { UNIX_DATAGRAM_BYTES_MAX, UNIX_DATAGRAM_RESERVED_BYTES } from "../../core/kernel-facts.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import { AF_UNIX, SO_SNDBUF, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, SOL_SOCKET } from "../../os/constants.ts";
import { connect, errnoError, socket } from "../../os/libc.ts";
import { unixAddress } from "../../os/socket-address.ts";
import { getOption, setOption } from "../../os/socket-options.ts";
import { DatagramLink, type Remedy } from "../shared/datagram-link.ts";
import type { DescriptorLink, LinkOptions } from "../shared/descriptor-link.ts";
import { DescriptorSender } from "../shared/descriptor-sender.ts";
import type { Sender, SenderOptions } from "../transport.ts";

export function createSender(endpoint: PathEndpoint, options: SenderOptions): Sender {
  return new DescriptorSender(endpoint, createLink(endpoint, options), options);
}

export function createLink(endpoint: PathEndpoint, options: LinkOptions): DescriptorLink {
  return new DatagramLink(endpoint, { connect: () => connectTo(endpoint.path), remedy }, options);
}

/** A connected socket is writable while the receiver's queue isn't full (unix_dgram_poll, net/unix/af_unix.c). */
function connectTo(path: string): number {
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw errnoError("socket");
  const address = unixAddress(path);
  if (connect(fd, address, address.length) === 0) return fd;
  const error = errnoError("connect", path);
  closeDescriptor(fd);
  throw error;
}

function remedy(errno: string, fd: number, bytes: number): Remedy {
  switch (errno) {
    case "EAGAIN":
      return "writable";
    case "ENOBUFS":
    case "ENOMEM":
      return "memory";
    case "EINTR":
      return "again";
    case "EMSGSIZE":
      return growSendBuffer(fd, bytes) ? "again" : "skip";
    // The receiver has closed its socket, or another receiver has replaced it.
    case "ECONNREFUSED":
    case "ECONNRESET":
    case "ENOTCONN":
    case "EPIPE":
      return "listener";
    default:
      return "fail";
  }
}

/** Enlarges the send buffer for a datagram that exceeds the system's default, if it isn't too long anyway. */
function growSendBuffer(fd: number, bytes: number): boolean {
  if (bytes > UNIX_DATAGRAM_BYTES_MAX) return false;
  const needed = bytes + UNIX_DATAGRAM_RESERVED_BYTES;
  if (getOption(fd, SOL_SOCKET, SO_SNDBUF) >= needed) return false;
  // The kernel doubles the requested size (socket(7)).
  setOption(fd, SOL_SOCKET, SO_SNDBUF, Math.ceil(needed / 2));
  return getOption(fd, SOL_SOCKET, SO_SNDBUF) >= needed;
}
