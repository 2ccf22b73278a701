import { closeSync, constants, lstatSync, openSync } from "node:fs";
import { onTestFinished } from "vitest";
import { type Endpoint, formatAddress, isPathEndpoint } from "../../src/core/endpoint.ts";
import { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from "../../src/os/constants.ts";
import { connect, errnoError, socket, write } from "../../src/os/libc.ts";
import { inetAddress, unixAddress } from "../../src/os/socket-address.ts";

/** A sender that knows nothing of lines: a descriptor, written to at once and as a whole. */
export interface RawSender {
  /** One write(2): on a message transport one message. @throws when the kernel doesn't take all of it at once */
  write(text: string): void;
  close(): void;
}

/** Connects without a turn of the event loop, so that the listener can't have noticed yet. */
export function openRawSender(endpoint: Endpoint, boundary: "stream" | "message"): RawSender {
  const fd = openDescriptor(endpoint, boundary);
  let open = true;
  const close = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  onTestFinished(close);
  return {
    write: (text) => {
      const bytes = Buffer.from(text, "latin1");
      const taken = write(fd, bytes, bytes.length);
      if (taken !== bytes.length) throw taken < 0 ? errnoError("write") : new Error(`short write: ${taken}`);
    },
    close,
  };
}

function openDescriptor(endpoint: Endpoint, boundary: "stream" | "message"): number {
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
