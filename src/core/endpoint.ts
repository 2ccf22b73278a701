import type { TransportName } from "./transport-name.ts";

/** Where a path-named transport (unixsock, unixgram, fifo) listens. */
export interface PathEndpoint {
  readonly transport: TransportName;
  readonly path: string;
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
