import { isIPv6 } from "node:net";
import { formatAddress, type InetEndpoint } from "../../core/endpoint.ts";
import { OperationalError } from "../../core/errors.ts";
import { INET_ADDRESS_BYTES_MAX } from "../../core/kernel-facts.ts";
import { AF_INET, AF_INET6, SOCK_CLOEXEC, SOCK_NONBLOCK } from "../../os/constants.ts";
import { bind, errnoError, getsockname, socket } from "../../os/libc.ts";
import { inetAddress, portOf } from "../../os/socket-address.ts";
import { pidOfInetPort } from "../../os/socket-owner.ts";

/** Creates a non-blocking inet socket for a numeric host. @throws the system error of socket(2) */
export function inetSocket(host: string, type: number): number {
  const fd = socket(isIPv6(host) ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw errnoError("socket");
  return fd;
}

/**
 * Binds to a numeric host and port.
 *
 * @returns the endpoint, with the actual port where 0 was requested
 * @throws OperationalError ADDRESS_IN_USE, ADDRESS_UNAVAILABLE or PERMISSION_DENIED
 */
export function bindInet(fd: number, endpoint: InetEndpoint): InetEndpoint {
  const address = inetAddress(endpoint.host, endpoint.port);
  if (bind(fd, address, address.length) < 0) throw inetBindError(endpoint);
  const real = Buffer.alloc(INET_ADDRESS_BYTES_MAX);
  if (getsockname(fd, real, Uint32Array.of(real.length)) < 0) throw errnoError("getsockname");
  return { ...endpoint, port: portOf(real) };
}

/** Turns the last libc failure of bind(2) or listen(2) into an error that the user can act on. */
export function inetBindError(endpoint: InetEndpoint): Error {
  const where = `${endpoint.transport} ${formatAddress(endpoint)}`;
  const cause = errnoError("bind", formatAddress(endpoint));
  switch (cause.code) {
    case "EADDRINUSE": {
      const pid = pidOfInetPort(endpoint.transport, endpoint.port);
      const by = pid === undefined ? "another program" : `pid ${pid}`;
      return new OperationalError("ADDRESS_IN_USE", `${where} is served by ${by}; stop it or pass another address`, {
        cause,
      });
    }
    case "EADDRNOTAVAIL":
      return new OperationalError("ADDRESS_UNAVAILABLE", `${where} is not an address of this machine; pass another`, {
        cause,
      });
    case "EACCES":
      return new OperationalError(
        "PERMISSION_DENIED",
        `${where} needs a privilege (ports below 1024); pass a higher port`,
        { cause },
      );
    default:
      return cause;
  }
}
