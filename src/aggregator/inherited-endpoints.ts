import { lstatSync } from "node:fs";
import { resolve } from "node:path";
import { describeEndpoint, type Endpoint, formatAddress, isPathEndpoint } from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";
import type { PathAccess } from "../core/path-access.ts";
import { hasPath, type TransportName } from "../core/transport-name.ts";
import { AF_INET, AF_INET6, AF_UNIX, IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_STREAM } from "../os/constants.ts";
import {
  adoptDescriptor,
  type InheritedFifo,
  type InheritedSocket,
  inspectDescriptor,
} from "../os/inherited-descriptor.ts";

/** A descriptor that another program opened and passed on to this one, as systemd does (sd_listen_fds(3)). */
export interface InheritedDescriptor {
  readonly fd: number;
  /** What the other program calls it, for messages. */
  readonly name?: string | undefined;
}

/** A kind of socket. One that listens has a connection per sender. */
interface SocketKind {
  readonly domains: readonly number[];
  readonly type: number;
  readonly protocol: number;
}

/** The kind of each transport's socket; undefined where it isn't a socket. */
const KINDS: Readonly<Record<TransportName, SocketKind | undefined>> = {
  unixsock: { domains: [AF_UNIX], type: SOCK_STREAM, protocol: 0 },
  tcp: { domains: [AF_INET, AF_INET6], type: SOCK_STREAM, protocol: IPPROTO_TCP },
  unixgram: { domains: [AF_UNIX], type: SOCK_DGRAM, protocol: 0 },
  udp: { domains: [AF_INET, AF_INET6], type: SOCK_DGRAM, protocol: IPPROTO_UDP },
  fifo: undefined,
};

/**
 * The endpoints to which descriptors are bound, and which one each has. From here on they aren't passed on to other
 * programs.
 *
 * @throws OperationalError DESCRIPTOR_UNUSABLE for one that no transport can use
 */
export function inheritedEndpoints(descriptors: readonly InheritedDescriptor[]): Map<Endpoint, InheritedDescriptor> {
  const endpoints = descriptors.map((descriptor) => [endpointOf(descriptor), descriptor] as const);
  for (const { fd } of descriptors) adoptDescriptor(fd);
  return new Map(endpoints);
}

/**
 * The descriptors of the endpoints that are listened on, which may also include endpoints without one.
 *
 * @throws OperationalError DESCRIPTOR_UNUSABLE for an inherited descriptor of another endpoint
 */
export function matchInherited(
  endpoints: readonly Endpoint[],
  inherited: ReadonlyMap<Endpoint, InheritedDescriptor>,
): Map<Endpoint, number> {
  const matched = new Map<Endpoint, number>();
  for (const [endpoint, descriptor] of inherited) {
    const wanted = endpoints.find((candidate) => isSame(candidate, endpoint));
    if (wanted === undefined) {
      const argument = `${endpoint.transport}=${formatAddress(endpoint)}`;
      throw unusable(
        descriptor,
        `is ${describeEndpoint(endpoint)}, which is not among the endpoints to listen on; ` +
          `name ${argument} too, or name no endpoint to listen on all that were passed`,
      );
    }
    if (matched.has(wanted)) throw unusable(descriptor, `is ${describeEndpoint(endpoint)} once more; pass it once`);
    matched.set(wanted, descriptor.fd);
  }
  return matched;
}

/** What an administrator should know of an inherited endpoint. @param access what options ask for */
export function inheritedWarnings(endpoint: Endpoint, access: PathAccess | undefined): string[] {
  if (!isPathEndpoint(endpoint)) return [];
  const warnings: string[] = [];
  const subject = describeEndpoint(endpoint);
  if (access !== undefined) {
    warnings.push(
      `${subject} was made by the program that passed it on, and keeps its owner and mode; ` +
        "set SocketMode=, SocketUser= and SocketGroup= in its .socket unit",
    );
  }
  const found = lstatSync(endpoint.path, { throwIfNoEntry: false });
  if (found === undefined || !(found.isSocket() || found.isFIFO())) {
    warnings.push(`${subject} has lost its path, so no further sender can reach it; restart its .socket unit`);
  }
  return warnings;
}

function endpointOf(descriptor: InheritedDescriptor): Endpoint {
  const file = inspectDescriptor(descriptor.fd);
  switch (file.is) {
    case "socket":
      return socketEndpoint(descriptor, file.socket);
    case "fifo":
      return fifoEndpoint(descriptor, file.fifo);
    case "closed":
      throw unusable(descriptor, "isn't open, though LISTEN_FDS counts it; start the aggregator without a wrapper");
    default:
      throw unusable(descriptor, "is neither a socket nor a FIFO; pass what senders can reach");
  }
}

function socketEndpoint(descriptor: InheritedDescriptor, socket: InheritedSocket): Endpoint {
  const { domain, type, protocol, isListening, address } = socket;
  const [transport] = Object.entries(KINDS).flatMap(([name, kind]) =>
    kind?.domains.includes(domain) && kind.type === type && kind.protocol === protocol ? [name as TransportName] : [],
  );
  if (transport === undefined) {
    const kind = `a socket of domain ${domain}, type ${type} and protocol ${protocol}, which no transport uses`;
    throw unusable(descriptor, `is ${kind}; pass a stream or datagram socket (ListenStream=, ListenDatagram=)`);
  }
  if (type === SOCK_STREAM && !isListening) {
    throw unusable(descriptor, `is a ${transport} socket that doesn't listen; call listen(2) on it, or set Accept=no`);
  }
  if (address === undefined) throw unusable(descriptor, `is a ${transport} socket without a path or port; bind it`);
  const isPath = typeof address === "string";
  if (isPath && hasPath(transport)) return { transport, path: address };
  if (!isPath && !hasPath(transport)) return { transport, ...address };
  throw new Error(`a ${transport} socket at ${JSON.stringify(address)}`);
}

function fifoEndpoint(descriptor: InheritedDescriptor, { path, isReadable }: InheritedFifo): Endpoint {
  if (!isReadable) throw unusable(descriptor, "is a FIFO that is open for writing only; open it for reading too");
  if (path === undefined) throw unusable(descriptor, "is a pipe without a path; pass a FIFO that senders can open");
  return { transport: "fifo", path };
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  if (one.transport !== other.transport) return false;
  if (isPathEndpoint(one) && isPathEndpoint(other)) return resolve(one.path) === resolve(other.path);
  return formatAddress(one) === formatAddress(other);
}

function unusable({ fd, name }: InheritedDescriptor, fact: string): OperationalError {
  const subject = name === undefined ? `descriptor ${fd}` : `descriptor ${fd} (${name})`;
  return new OperationalError("DESCRIPTOR_UNUSABLE", `${subject} ${fact}`);
}
