import type { Endpoint, PathRules } from "../core/endpoint.ts";
import { type NamesOf, TRANSPORT_NAMES, type TransportName } from "../core/transport-name.ts";
import { fifo } from "./fifo/index.ts";
import { tcp } from "./tcp/index.ts";
import type { AnyTransport, Boundary, InetTransport, PathTransport } from "./transport.ts";
import { udp } from "./udp/index.ts";
import { unixgram } from "./unixgram/index.ts";
import { unixsock } from "./unixsock/index.ts";

/** The type of a name's transport, with either boundary. */
type Named<Name extends TransportName> = {
  [B in Boundary]: Name extends NamesOf<"path"> ? PathTransport<Name, B> : InetTransport<NamesOf<"inet"> & Name, B>;
}[Boundary];

/** What the names stand for. A sixth transport is a folder, a name in core, and a line here. */
export const REGISTRY: { readonly [Name in TransportName]: Named<Name> } = {
  unixsock,
  tcp,
  unixgram,
  udp,
  fifo,
};

/** The transport of an endpoint. Use it only with endpoints of that name. */
export function transportOf(endpoint: Endpoint): AnyTransport {
  return REGISTRY[endpoint.transport];
}

/** The names of the transports for which `isTrue` holds. */
export function namesWhere(isTrue: (transport: AnyTransport) => boolean): TransportName[] {
  return TRANSPORT_NAMES.filter((name) => isTrue(REGISTRY[name]));
}

export function pathRulesOf(transport: NamesOf<"path">): PathRules {
  return REGISTRY[transport].path;
}
