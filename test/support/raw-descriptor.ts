import { closeSync, constants, lstatSync, openSync } from "node:fs";
import { type Endpoint, formatAddress, isPathEndpoint } from "../../src/core/endpoint.ts";
import { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from "../../src/os/constants.ts";
import { connect, errnoError, socket } from "../../src/os/libc.ts";
import { inetAddress, unixAddress } from "../../src/os/socket-address.ts";

/** A blocking descriptor (a FIFO's doesn't block) that leads to a listener. @throws when nobody listens */
export function openDescriptor(endpoint: Endpoint, boundary: "stream" | "message"): number {
  const type = boundary === "stream" ? SOCK_STREAM : SOCK_DGRAM;
  if (!isPathEndpoint(endpoint)) {
    const family = endpoint.host.includes(":") ? AF_INET6 : AF_INET;
    return connected(socket(family, type, 0), inetAddress(endpoint.host, endpoint.port), endpoint);
  }
  if (lstatSync(endpoint.path).isFIFO()) return openSync(endpoint.path, constants.O_WRONLY | constants.O_NONBLOCK);
  return connected(socket(AF_UNIX, type, 0), unixAddress(endpoint.path), endpoint);
}

function connected(fd: number, address: Buffer, endpoint: Endpoint): number {
  if (connect(fd, address, address.length) === 0) return fd;
  const error = errnoError("connect", formatAddress(endpoint));
  closeSync(fd);
  throw error;
}
