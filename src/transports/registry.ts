import type { Endpoint } from "../core/endpoint.ts";
import type { TransportName } from "../core/transport-name.ts";
import { fifo } from "./fifo/index.ts";
import { tcp } from "./tcp/index.ts";
import type { Transport } from "./transport.ts";
import { udp } from "./udp/index.ts";
import { unixgram } from "./unixgram/index.ts";
import { unixsock } from "./unixsock/index.ts";

/** The one table of transports. A sixth is a folder, a name in core, and a line here. */
export const TRANSPORTS: Readonly<Record<TransportName, Transport>> = { unixsock, tcp, unixgram, udp, fifo };

export function transportOf(endpoint: Endpoint): Transport {
  return TRANSPORTS[endpoint.transport];
}
