import type { NetConnectOpts, Socket } from "node:net";
import type { PathEndpoint } from "../../core/endpoint.ts";
import { AF_UNIX, SO_ERROR, SO_SNDBUF, SOL_SOCKET } from "../../os/constants.ts";
import { unixAddress } from "../../os/socket-address.ts";
import { getOption } from "../../os/socket-options.ts";
import { ConnectionLink, connectSocket } from "../shared/connection-link.ts";
import type { DescriptorLink, LinkOptions } from "../shared/descriptor-link.ts";
import { plainTarget } from "../shared/plain-target.ts";
import { openConnection } from "../shared/stream-connection.ts";
import type { StreamKind } from "../shared/stream-link.ts";
import { StreamSender } from "../shared/stream-sender.ts";
import type { ConnectOptions, Sender, SenderOptions } from "../transport.ts";

export function createSender(endpoint: PathEndpoint, options: SenderOptions): Sender {
  return new StreamSender(plainTarget(endpoint, addressOf(endpoint), KIND), options);
}

export function connect(endpoint: PathEndpoint, options: ConnectOptions, signal: AbortSignal): Promise<Socket> {
  return openConnection({ endpoint, options, signal }, addressOf(endpoint));
}

export function createLink(endpoint: PathEndpoint, options: LinkOptions): DescriptorLink {
  return new ConnectionLink(KIND, () => connectTo(endpoint.path), options);
}

function connectTo(path: string): number {
  return connectSocket(AF_UNIX, unixAddress(path), path);
}

function addressOf({ path }: PathEndpoint): NetConnectOpts {
  return { path };
}

/**
 * A write goes directly to the other side's queue. If that is closed with unread bytes in it, and only then, our socket
 * gets an error (unix_release_sock, net/unix/af_unix.c): no more is lost than the queue can hold.
 */
const KIND: StreamKind = {
  unarrivedBytes: () => 0,
  unreadBytesMax: (fd) => getOption(fd, SOL_SOCKET, SO_SNDBUF),
  diagnose: (fd, errno) => (errno === "EPIPE" && getOption(fd, SOL_SOCKET, SO_ERROR) === 0 ? "refused" : "reset"),
};
