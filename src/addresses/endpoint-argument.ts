import { isIPv4, isIPv6 } from "node:net";
import {
  type Endpoint,
  type InetEndpoint,
  isPathEndpoint,
  type PathEndpoint,
  type PathRulesOf,
} from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";
import { nearestName } from "../core/nearest-name.ts";
import { hasPath, isTransportName, type NamesOf, TRANSPORT_NAMES, type TransportName } from "../core/transport-name.ts";
import { LOOPBACK, PORT_DEFAULT } from "./default-address.ts";

const PORT_MAX = 65_535;

/**
 * Parses `<transport[=address]>`, such as `unixsock`, `fifo=/tmp/log_fifo`, `tcp=:0` or `udp=[::1]:9000`.
 * Without an address, the result of `defaultAddress` is used.
 *
 * @throws OperationalError USAGE for an unknown transport, ADDRESS_INVALID or PATH_TOO_LONG for an unusable address
 */
export function parseEndpoint(
  argument: string,
  rulesOf: PathRulesOf,
  defaultAddress: (transport: TransportName) => Endpoint,
): Endpoint {
  const endpoint = readEndpoint(argument, defaultAddress);
  if (isPathEndpoint(endpoint)) refuseLongPath(endpoint, rulesOf(endpoint.transport).bytesMax);
  return endpoint;
}

function readEndpoint(argument: string, defaultAddress: (transport: TransportName) => Endpoint): Endpoint {
  const equals = argument.indexOf("=");
  const name = equals < 0 ? argument : argument.slice(0, equals);
  if (!isTransportName(name)) throw unknownTransport(argument, name);
  if (equals < 0) return defaultAddress(name);
  const address = argument.slice(equals + 1);
  return hasPath(name) ? pathEndpoint(name, address) : inetEndpoint(name, address);
}

function unknownTransport(argument: string, name: string): OperationalError {
  const [beforeColon = "", ...rest] = argument.split(":");
  if (isTransportName(beforeColon)) {
    return usage(`"${argument}" has ":" after the transport; write ${beforeColon}=${rest.join(":")}`);
  }
  const nearest = nearestName(name, TRANSPORT_NAMES);
  return usage(`"${name}" is not a transport; did you mean ${nearest}? There are ${TRANSPORT_NAMES.join(", ")}`);
}

function pathEndpoint(transport: NamesOf<"path">, path: string): PathEndpoint {
  const argument = `${transport}=${path}`;
  if (path === "") throw invalid(`"${argument}" names no path; write a file's path, as in ${transport}=/tmp/log.sock`);
  if (path.includes("\0")) throw invalid(`"${argument}" has a NUL character, which no path has; remove it`);
  if (path.startsWith("@")) {
    throw invalid(`"${argument}" is an abstract name, which has no owner or mode; write a file's path`);
  }
  if (path.endsWith("/")) throw invalid(`"${argument}" ends in a slash; name a file in that directory`);
  if (/^[\w.-]*:\d+$/.test(path)) {
    throw invalid(`"${argument}" has a host and port where a path belongs; write tcp=${path} or a path`);
  }
  return { transport, path };
}

/** The kernel would silently truncate a longer path. */
function refuseLongPath({ transport, path }: PathEndpoint, bytesMax: number): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= bytesMax) return;
  throw new OperationalError(
    "PATH_TOO_LONG",
    `"${path}" is ${bytes} bytes long and ${transport} takes at most ${bytesMax}; use a shorter path`,
  );
}

function inetEndpoint(transport: NamesOf<"inet">, address: string): InetEndpoint {
  const argument = `${transport}=${address}`;
  if (address.includes("/")) {
    throw invalid(
      `"${argument}" has a path where ${transport} takes host:port; write ${transport}=${LOOPBACK}:${PORT_DEFAULT}`,
    );
  }
  if (/^\d+$/.test(address)) return { transport, host: LOOPBACK, port: parsePort(address, argument) };
  const colon = address.lastIndexOf(":");
  if (colon < 0 || isIPv6(address)) {
    const host = isIPv6(address) ? `[${address}]` : address || LOOPBACK;
    throw invalid(`"${argument}" names no port; write ${transport}=${host}:${PORT_DEFAULT}`);
  }
  const port = parsePort(address.slice(colon + 1), argument);
  return { transport, host: parseHost(address.slice(0, colon), argument), port };
}

function parsePort(text: string, argument: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= PORT_MAX) return port;
  throw invalid(`"${text}" in "${argument}" is not a port; use a number from 0 to ${PORT_MAX}`);
}

function parseHost(text: string, argument: string): string {
  if (text === "") return LOOPBACK;
  const bracketed = /^\[(.*)\]$/.exec(text)?.[1];
  if (bracketed !== undefined) {
    if (isIPv6(bracketed) && !bracketed.includes("%")) return bracketed;
    throw invalid(`"${bracketed}" in "${argument}" is not an IPv6 address without a zone; write one, as in [::1]:9000`);
  }
  if (isIPv4(text)) return text;
  const isName = /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?$/.test(text) && !/^[\d.]+$/.test(text);
  if (isName) return text;
  const hint = text.includes(":") ? "put an IPv6 address in brackets, as in [::1]:9000" : "0.0.0.0 is every interface";
  throw invalid(`"${text}" in "${argument}" is not a host name or IP address; ${hint}`);
}

function usage(message: string): OperationalError {
  return new OperationalError("USAGE", message);
}

function invalid(message: string): OperationalError {
  return new OperationalError("ADDRESS_INVALID", message);
}
