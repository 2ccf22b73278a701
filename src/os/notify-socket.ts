import { closeDescriptor } from "./close-descriptor.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from "./constants.ts";
import { connect, socket, write } from "./libc.ts";
import { abstractAddress, unixAddress } from "./socket-address.ts";

/** Where a service manager receives messages about this process (sd_notify(3)). */
export class NotifySocket {
  readonly #address: Buffer;

  private constructor(address: Buffer) {
    this.#address = address;
  }

  /** @param name a path, or `@` and an abstract name; undefined for anything else */
  static at(name: string): NotifySocket | undefined {
    try {
      if (name.startsWith("/")) return new NotifySocket(unixAddress(name));
      return name.startsWith("@") ? new NotifySocket(abstractAddress(name.slice(1))) : undefined;
    } catch {
      return undefined; // too long for an address
    }
  }

  /** Sends one message without waiting. @returns false when nobody got it: the socket is gone, or its queue is full */
  send(message: string): boolean {
    const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const bytes = Buffer.from(message);
    const isSent =
      connect(fd, this.#address, this.#address.length) === 0 && write(fd, bytes, bytes.length) === bytes.length;
    closeDescriptor(fd);
    return isSent;
  }
}
