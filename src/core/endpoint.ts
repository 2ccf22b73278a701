import type { TransportName } from "./transport-name.ts";

/** A directory of this user's own, into which nobody else may put anything. */
export interface OwnDirectory {
  readonly path: string;
  /** Mode bits that make it unsafe. Stricter in /tmp, where anyone may have made it first. */
  readonly forbiddenMode: number;
}

/** Where a path-named transport (unixsock, unixgram, fifo) listens. */
export interface PathEndpoint {
  readonly transport: TransportName;
  readonly path: string;
  /** Where nobody named the path: a sender first makes sure that this directory, which holds it, and the listener are its user's own. */
  readonly within?: OwnDirectory;
}

/** Where tcp or udp listens. Port 0 asks the kernel for a free one; the listener reports which. */
export interface InetEndpoint {
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
}

export type Endpoint = PathEndpoint | InetEndpoint;

export function isPathEndpoint(endpoint: Endpoint): endpoint is PathEndpoint {
  return "path" in endpoint;
}

/** The address as a user would type it: `/tmp/log.sock`, `127.0.0.1:9000`, `[::1]:9000`. */
export function formatAddress(endpoint: Endpoint): string {
  if (isPathEndpoint(endpoint)) {
    return endpoint.path;
  }
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  return `${host}:${endpoint.port}`;
}

/** `tcp 127.0.0.1:9000`, as messages name an endpoint. */
export function describeEndpoint(endpoint: Endpoint): string {
  return `${endpoint.transport} ${formatAddress(endpoint)}`;
}
