import type { NetConnectOpts, Socket } from "node:net";
import type { InetEndpoint } from "../../core/endpoint.ts";
import { unacknowledgedBytes } from "../../os/socket-options.ts";
import { readSysctls } from "../../os/sysctl.ts";
import { openConnection } from "../shared/stream-connection.ts";
import type { StreamKind } from "../shared/stream-link.ts";
import { StreamSender } from "../shared/stream-sender.ts";
import type { ConnectOptions, Sender, SenderOptions } from "../transport.ts";

export function createSender(endpoint: InetEndpoint, options: SenderOptions): Sender {
  return new StreamSender({ endpoint, address: addressOf(endpoint), kind: KIND }, options);
}

export function connect(endpoint: InetEndpoint, options: ConnectOptions, signal: AbortSignal): Promise<Socket> {
  return openConnection({ endpoint, options, signal }, addressOf(endpoint));
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
