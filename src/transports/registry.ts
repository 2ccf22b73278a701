import type { Endpoint, PathRules } from "../core/endpoint.ts";
import type { NamesOf, TransportName } from "../core/transport-name.ts";
import { fifo } from "./fifo/index.ts";
import { tcp } from "./tcp/index.ts";
import type { InetTransport, PathTransport, Transport } from "./transport.ts";
import { udp } from "./udp/index.ts";
import { unixgram } from "./unixgram/index.ts";
import { unixsock } from "./unixsock/index.ts";

/** What the names stand for. A sixth transport is a folder, a name in core, and a line here. */
export const REGISTRY: {
  readonly [Name in TransportName]: Name extends NamesOf<"path">
    ? PathTransport<Name>
    : InetTransport<NamesOf<"inet"> & Name>;
} = {
  unixsock,
  tcp,
  unixgram,
  udp,
  fifo,
};

/** The transport of an endpoint, to be used with endpoints of that name. */
export function transportOf(endpoint: Endpoint): Transport {
  return REGISTRY[endpoint.transport];
}

export function pathRulesOf(transport: NamesOf<"path">): PathRules {
  return REGISTRY[transport].path;
}
