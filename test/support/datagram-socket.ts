import { closeSync } from "node:fs";
import { isIPv6 } from "node:net";
import { onTestFinished } from "vitest";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "../../src/os/constants.ts";
import { connect, errnoError, errnoName, socket, write } from "../../src/os/libc.ts";
import { inetAddress, unixAddress } from "../../src/os/socket-address.ts";
import { setOption } from "../../src/os/socket-options.ts";

/** A connected, non-blocking datagram socket of the test's own. */
export class DatagramSocket {
  readonly #fd: number;

  static udp(host: string, port: number): DatagramSocket {
    return new DatagramSocket(isIPv6(host) ? AF_INET6 : AF_INET, inetAddress(host, port));
  }

  static unix(path: string): DatagramSocket {
    return new DatagramSocket(AF_UNIX, unixAddress(path));
  }

  private constructor(family: number, address: Buffer) {
    this.#fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    onTestFinished(() => closeSync(this.#fd));
    if (connect(this.#fd, address, address.length) < 0) throw errnoError("connect");
  }

  growSendBuffer(bytes: number): void {
    setOption(this.#fd, SOL_SOCKET, SO_SNDBUF, bytes);
  }

  /** @returns "sent", or the errno with which the kernel refused it */
  send(message: Buffer | string): string {
    const bytes = Buffer.from(message);
    return write(this.#fd, bytes, bytes.length) < 0 ? errnoName() : "sent";
  }
}
