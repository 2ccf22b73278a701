import { lookup } from "node:dns/promises";
import { isIP, isIPv6 } from "node:net";
import type { InetEndpoint } from "../../core/endpoint.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import {
  AF_INET,
  AF_INET6,
  SO_ERROR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "../../os/constants.ts";
import { connect, errnoError, socket } from "../../os/libc.ts";
import { inetAddress } from "../../os/socket-address.ts";
import { getOption } from "../../os/socket-options.ts";
import { type DatagramKind, DatagramLink, type Remedy } from "../shared/datagram-link.ts";
import type { DescriptorLink, LinkOptions } from "../shared/descriptor-link.ts";
import { DescriptorSender } from "../shared/descriptor-sender.ts";
import type { Sender, SenderOptions } from "../transport.ts";

/**
 * Works without a listener: UDP can't detect one before it sends. A connected socket learns afterwards, by ICMP, that a
 * datagram was refused (udp(7)). A later call returns the error, and its own datagram is not sent.
 */
export function createSender(endpoint: InetEndpoint, options: SenderOptions): Sender {
  return new DescriptorSender(endpoint, createLink(endpoint, options), options);
}

export function createLink(endpoint: InetEndpoint, options: LinkOptions): DescriptorLink {
  const refused = (): void => options.unsent("refused", 1);
  const kind: DatagramKind = {
    connect: () => connectTo(endpoint),
    remedy: (errno) => remedy(errno, refused),
    // When sendmmsg(2) has sent some datagrams, it doesn't return the error that stopped it. If the next call succeeds,
    // the error was reported only once, as a refusal is; a full send buffer would return EAGAIN again.
    recovered: refused,
    beforeClose: (fd) => {
      if (getOption(fd, SOL_SOCKET, SO_ERROR) !== 0) refused();
    },
  };
  return new DatagramLink(endpoint, kind, options);
}

/** A number is connected to at once, also while a program exits. */
function connectTo({ host, port }: InetEndpoint): number | Promise<number> {
  return isIP(host) === 0 ? lookup(host).then(({ address }) => connected(address, port)) : connected(host, port);
}

function connected(host: string, port: number): number {
  const fd = socket(isIPv6(host) ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw errnoError("socket");
  const address = inetAddress(host, port);
  if (connect(fd, address, address.length) === 0) return fd;
  const error = errnoError("connect");
  closeDescriptor(fd);
  throw error;
}

function remedy(errno: string, refused: () => void): Remedy {
  switch (errno) {
    case "EAGAIN":
      return "writable";
    case "ENOBUFS":
    case "ENOMEM":
      return "memory";
    case "EINTR":
      return "again";
    case "EMSGSIZE":
      return "skip";
    // An ICMP message about an earlier datagram.
    case "ECONNREFUSED":
    case "EHOSTUNREACH":
      refused();
      return "again";
    default:
      return "fail";
  }
}
