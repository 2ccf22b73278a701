import type { PathEndpoint } from "../../core/endpoint.ts";
import { StreamSender } from "../shared/stream-sender.ts";
import type { Sender, SenderOptions } from "../transport.ts";

export function createSender(endpoint: PathEndpoint, options: SenderOptions): Sender {
  return new StreamSender(endpoint, { path: endpoint.path }, options);
}
