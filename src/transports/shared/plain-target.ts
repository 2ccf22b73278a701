import type { NetConnectOpts } from "node:net";
import type { Endpoint } from "../../core/endpoint.ts";
import { openConnection } from "./stream-connection.ts";
import { type StreamKind, StreamLink } from "./stream-link.ts";
import type { StreamTarget } from "./stream-sender.ts";

/** Lines are sent as they are. */
export function plainTarget(endpoint: Endpoint, address: NetConnectOpts, kind: StreamKind): StreamTarget {
  return {
    endpoint,
    open: async (search, asked) => new StreamLink(await openConnection(search, address), kind, asked),
  };
}
