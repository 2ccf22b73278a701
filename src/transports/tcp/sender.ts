import { lookup } from "node:dns/promises";
import { isIP, isIPv6, type NetConnectOpts, type Socket } from "node:net";
import type { SenderCertificates } from "../../core/certificates.ts";
import type { InetEndpoint } from "../../core/endpoint.ts";
import { AF_INET, AF_INET6, IPPROTO_TCP, TCP_NODELAY } from "../../os/constants.ts";
import { inetAddress } from "../../os/socket-address.ts";
import { setOption, unacknowledgedBytes } from "../../os/socket-options.ts";
import { readSysctls } from "../../os/sysctl.ts";
import { ConnectionLink, connectSocket } from "../shared/connection-link.ts";
import type { DescriptorLink, LinkOptions } from "../shared/descriptor-link.ts";
import { plainTarget } from "../shared/plain-target.ts";
import { openConnection } from "../shared/stream-connection.ts";
import type { StreamKind } from "../shared/stream-link.ts";
import { StreamSender, type StreamTarget } from "../shared/stream-sender.ts";
import type { ConnectOptions, Sender, SenderOptions } from "../transport.ts";
import { openTls } from "./tls-connection.ts";
import { TlsLink } from "./tls-link.ts";

export function createSender(endpoint: InetEndpoint, options: SenderOptions): Sender {
  const { tls } = options;
  const target = tls === undefined ? plainTarget(endpoint, addressOf(endpoint), KIND) : tlsTarget(endpoint, tls);
  return new StreamSender(target, options);
}

function tlsTarget(endpoint: InetEndpoint, certificates: SenderCertificates): StreamTarget {
  const target = { endpoint, certificates, allowHalfOpen: true };
  return { endpoint, open: async (search, asked) => new TlsLink(await openTls(search, target), KIND, asked) };
}

export async function connect(endpoint: InetEndpoint, options: ConnectOptions, signal: AbortSignal): Promise<Socket> {
  const { tls } = options;
  if (tls !== undefined) {
    const target = { endpoint, certificates: tls, allowHalfOpen: false };
    return (await openTls({ endpoint, options, signal }, target)).socket;
  }
  return openConnection({ endpoint, options, signal }, addressOf(endpoint));
}

export function createLink(endpoint: InetEndpoint, options: LinkOptions): DescriptorLink {
  return new ConnectionLink(KIND, () => connectTo(endpoint), options);
}

/** A number is connected to at once, also while a program exits. */
function connectTo({ host, port }: InetEndpoint): number | Promise<number> {
  return isIP(host) === 0 ? lookup(host).then(({ address }) => connecting(address, port)) : connecting(host, port);
}

function connecting(host: string, port: number): number {
  const fd = connectSocket(isIPv6(host) ? AF_INET6 : AF_INET, inetAddress(host, port), host);
  setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  return fd;
}

/** Without Nagle's delay: lines that should be sent together are already in one write. */
function addressOf({ host, port }: InetEndpoint): NetConnectOpts {
  return { host, port, noDelay: true };
}

/** The largest receive buffer where net.ipv4.tcp_rmem does not say it: Linux's default. */
const RECEIVE_BUFFER_BYTES_MAX = 6 * 1024 * 1024;

const KIND: StreamKind = {
  unarrivedBytes: unacknowledgedBytes,
  unreadBytesMax: () => readSysctls("net.ipv4.tcp_rmem")?.[2] ?? RECEIVE_BUFFER_BYTES_MAX,
  // A write fails with EPIPE when a FIN came before the reset (tcp_reset, net/ipv4/tcp_input.c).
  diagnose: (_, errno) => (errno === "EPIPE" ? "reset after a FIN" : "reset"),
};
