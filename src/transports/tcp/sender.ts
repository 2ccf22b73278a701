import type { NetConnectOpts, Socket } from "node:net";
import type { InetEndpoint } from "../../core/endpoint.ts";
import { openConnection, StreamSender } from "../shared/stream-sender.ts";
import type { ConnectOptions, Sender, SenderOptions } from "../transport.ts";

export function createSender(endpoint: InetEndpoint, options: SenderOptions): Sender {
  return new StreamSender(endpoint, targetOf(endpoint), options);
}

export function connect(endpoint: InetEndpoint, options: ConnectOptions, signal: AbortSignal): Promise<Socket> {
  return openConnection({ endpoint, options, signal }, targetOf(endpoint));
}

/** Without Nagle's delay: lines that should be sent together are already in one write. */
function targetOf({ host, port }: InetEndpoint): NetConnectOpts {
  return { host, port, noDelay: true };
}
