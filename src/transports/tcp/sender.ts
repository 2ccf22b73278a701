import type { InetEndpoint } from "../../core/endpoint.ts";
import { StreamSender } from "../shared/stream-sender.ts";
import type { Sender, SenderOptions } from "../transport.ts";

export function createSender(endpoint: InetEndpoint, options: SenderOptions): Sender {
  const { host, port } = endpoint;
  // Lines leave when they are written; what should go together is already one write.
  return new StreamSender(endpoint, { host, port, noDelay: true }, options);
}
