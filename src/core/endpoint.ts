import { hasPath, type NamesOf } from "./transport-name.ts";

/** A directory that belongs to this user and in which nobody else may create files. */
export interface OwnDirectory {
  readonly path: string;
  /** Mode bits that make it unsafe. Stricter in /tmp, where anyone may have created it first. */
  readonly forbiddenMode: number;
}

/** The endpoint of a transport whose address is a path. */
export interface PathEndpoint<Name extends NamesOf<"path"> = NamesOf<"path">> {
  readonly transport: Name;
  readonly path: string;
  /**
   * Set for a default path: the directory that contains it. A sender first checks that this directory and the listener
   * belong to its user.
   */
  readonly within?: OwnDirectory;
}

/**
 * The endpoint of a transport whose address is a host and a port. Port 0 asks the kernel for a free port, which the
 * listener reports.
 */
export interface InetEndpoint<Name extends NamesOf<"inet"> = NamesOf<"inet">> {
  readonly transport: Name;
  readonly host: string;
  readonly port: number;
}

export type Endpoint = PathEndpoint | InetEndpoint;

/** A transport's rules for the paths on which it listens. */
export interface PathRules {
  /** The file's name in the default directory. */
  readonly defaultName: string;
  /** Longest path, bytes. */
  readonly bytesMax: number;
}

/** Returns a transport's rules, for callers that don't know the transports. */
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
