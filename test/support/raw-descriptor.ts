import { closeSync, constants, lstatSync, openSync } from "node:fs";
import { type Endpoint, formatAddress, isPathEndpoint, type PathEndpoint } from "../../src/core/endpoint.ts";
import { errnoOf } from "../../src/core/errors.ts";
import { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from "../../src/os/constants.ts";
import { connect, errnoError, socket } from "../../src/os/libc.ts";
import { inetAddress, unixAddress } from "../../src/os/socket-address.ts";

/** From socket(2); no transport of ours uses it. */
const SOCK_SEQPACKET = 5;

/** A blocking descriptor (a FIFO's doesn't block) that leads to a listener. @throws when nobody listens */
export function openDescriptor(endpoint: Endpoint, boundary: "stream" | "message"): number {
  if (!isPathEndpoint(endpoint)) {
    const family = endpoint.host.includes(":") ? AF_INET6 : AF_INET;
    const type = boundary === "stream" ? SOCK_STREAM : SOCK_DGRAM;
    return connected(socket(family, type, 0), inetAddress(endpoint.host, endpoint.port), endpoint);
  }
  if (lstatSync(endpoint.path).isFIFO()) return openSync(endpoint.path, constants.O_WRONLY | constants.O_NONBLOCK);
  return openUnix(endpoint, boundary === "stream" ? [SOCK_STREAM] : [SOCK_DGRAM, SOCK_SEQPACKET]);
}

/** Tries the socket types that have this boundary: connect(2) fails with EPROTOTYPE for the wrong one (unix(7)). */
function openUnix(endpoint: PathEndpoint, [type = 0, ...others]: readonly number[]): number {
  try {
    return connected(socket(AF_UNIX, type, 0), unixAddress(endpoint.path), endpoint);
  } catch (error) {
    if (others.length === 0 || errnoOf(error) !== "EPROTOTYPE") throw error;
    return openUnix(endpoint, others);
  }
}

function connected(fd: number, address: Buffer, endpoint: Endpoint): number {
  if (connect(fd, address, address.length) === 0) return fd;
  const error = errnoError("connect", formatAddress(endpoint));
  closeSync(fd);
  throw error;
}
