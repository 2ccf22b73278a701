import { hasPath, type NamesOf } from "./transport-name.ts";

/** A directory of this user's own, into which nobody else may put anything. */
export interface OwnDirectory {
  readonly path: string;
  /** Mode bits that make it unsafe. Stricter in /tmp, where anyone may have made it first. */
  readonly forbiddenMode: number;
}

/** Where a transport listens whose address is a file's name. */
export interface PathEndpoint<Name extends NamesOf<"path"> = NamesOf<"path">> {
  readonly transport: Name;
  readonly path: string;
  /** Where nobody named the path: a sender first makes sure that this directory, which holds it, and the listener are its user's own. */
  readonly within?: OwnDirectory;
}

/** Where a transport listens whose address is a host and a port. Port 0 asks the kernel for a free one; the listener reports which. */
export interface InetEndpoint<Name extends NamesOf<"inet"> = NamesOf<"inet">> {
  readonly transport: Name;
  readonly host: string;
  readonly port: number;
}

export type Endpoint = PathEndpoint | InetEndpoint;

/** What a transport says of the paths at which it listens. */
export interface PathRules {
  /** The file's name in the default directory. */
  readonly defaultName: string;
  /** Longest path, bytes. */
  readonly bytesMax: number;
}

/** Asks a transport for its rules. The parts that need them don't know the transports. */
export type PathRulesOf = (transport: NamesOf<"path">) => PathRules;

export function isPathEndpoint(endpoint: Endpoint): endpoint is PathEndpoint {
  return hasPath(endpoint.transport);
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
