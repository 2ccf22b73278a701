import type { NetConnectOpts, Socket } from "node:net";
import type { PathEndpoint } from "../../core/endpoint.ts";
import { openConnection, StreamSender } from "../shared/stream-sender.ts";
import type { ConnectOptions, Sender, SenderOptions } from "../transport.ts";

export function createSender(endpoint: PathEndpoint, options: SenderOptions): Sender {
  return new StreamSender(endpoint, targetOf(endpoint), options);
}

export function connect(endpoint: PathEndpoint, options: ConnectOptions, signal: AbortSignal): Promise<Socket> {
  return openConnection({ endpoint, options, signal }, targetOf(endpoint));
}

function targetOf({ path }: PathEndpoint): NetConnectOpts {
  return { path };
}
