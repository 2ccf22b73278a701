import { constants, openSync } from "node:fs";
import { join } from "node:path";
import type { TransportName } from "../../core/transport-name.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import {
  AF_INET,
  AF_UNIX,
  F_GETFL,
  F_SETFL,
  SHUT_RD,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from "../../os/constants.ts";
import {
  accept4,
  bind,
  connect,
  errnoError,
  errnoName,
  fcntl,
  getsockname,
  listen,
  mkfifo,
  read,
  shutdown,
  socket,
  write,
} from "../../os/libc.ts";
import { inetAddress, portOf, unixAddress } from "../../os/socket-address.ts";

/** A number of bytes that the kernel accepted, or the name of the errno. */
export type Sent = number | string;

/** Longer than any datagram and than any buffer's content in one read. */
const READ_BYTES = 1024 * 1024;

/** How long bytes that the kernel has accepted may take to arrive over loopback before they count as lost. */
const ARRIVAL_MS = 1000;

const LOOPBACK = "127.0.0.1";
const STREAM: ReadonlySet<TransportName> = new Set(["unixsock", "tcp"]);

/**
 * A receiver and its senders on one transport, as the kernel provides them: descriptors and system calls, and none of this
 * project's code between. All descriptors are non-blocking: where a sender would have to wait, send() returns "EAGAIN".
 */
export class KernelTransport implements Disposable {
  readonly name: TransportName;
  /** The receiver: a listening socket, a datagram socket, or the reading end of a FIFO. */
  readonly fd: number;
  readonly #address: Buffer;
  readonly #path: string;
  readonly #accepted: number[] = [];
  readonly #senders: number[] = [];
  readonly #memory = Buffer.allocUnsafeSlow(READ_BYTES);
  #hasReceiver = true;

  /** @param directory for the transport's path, which must not exist there yet */
  constructor(name: TransportName, directory: string) {
    this.name = name;
    this.#path = join(directory, name);
    if (name === "fifo") {
      if (mkfifo(this.#path, 0o600) < 0) throw errnoError("mkfifo", this.#path);
      this.fd = this.openFifo(constants.O_RDONLY);
      this.#address = Buffer.alloc(0);
      return;
    }
    const wanted = name === "tcp" || name === "udp" ? inetAddress(LOOPBACK, 0) : unixAddress(this.#path);
    this.fd = this.#socket();
    if (bind(this.fd, wanted, wanted.length) < 0) throw errnoError("bind");
    if (STREAM.has(name) && listen(this.fd, 128) < 0) throw errnoError("listen");
    this.#address = name === "tcp" || name === "udp" ? inetAddress(LOOPBACK, portOfSocket(this.fd)) : wanted;
  }

  /** Another sender's descriptor. @throws the system error */
  connect(): number {
    const fd = this.name === "fifo" ? this.openFifo(constants.O_WRONLY) : this.#connected();
    this.#senders.push(fd);
    if (STREAM.has(this.name)) this.#accept();
    return fd;
  }

  /** One write(2), which is one message on a message transport. */
  send(fd: number, bytes: Buffer): Sent {
    const count = write(fd, bytes, bytes.length);
    return count < 0 ? errnoName() : count;
  }

  /** Sends the same until it isn't accepted whole. @returns how many the kernel accepted whole, and what ended it; undefined at `most` */
  sendUntilRefused(fd: number, bytes: Buffer, most: number): { readonly count: number; readonly ending?: Sent } {
    for (let count = 0; count < most; count++) {
      const sent = this.send(fd, bytes);
      if (sent !== bytes.length) return { count, ending: sent };
    }
    return { count: most };
  }

  /** What one read or receive brings now, on a stream from the first connection that has something; undefined: nothing waits. */
  receive(): Buffer | undefined {
    for (const fd of STREAM.has(this.name) ? this.#accepted : [this.fd]) {
      const length = read(fd, this.#memory, this.#memory.length);
      if (length > 0) return Buffer.from(this.#memory.subarray(0, length));
    }
    return undefined;
  }

  /** Receives until `bytes` have arrived or nothing more arrives in time. @returns each receive's result */
  async receiveAll(bytes: number): Promise<Buffer[]> {
    const received: Buffer[] = [];
    let missing = bytes;
    for (let quietSince = performance.now(); missing > 0 && performance.now() - quietSince < ARRIVAL_MS; ) {
      const part = this.receive();
      if (part === undefined) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      received.push(part);
      missing -= part.length;
      quietSince = performance.now();
    }
    return received;
  }

  /** Refuses senders while what they sent can still be read, by shutdown(2) of every receiving descriptor. */
  refuseSenders(): void {
    for (const fd of [...this.#accepted, this.fd]) shutdown(fd, SHUT_RD);
  }

  /** Closes the receiver's descriptors with what waits in them, as the kernel does when a process is killed. */
  closeReceiver(): void {
    if (!this.#hasReceiver) return;
    this.#hasReceiver = false;
    for (const fd of [...this.#accepted, this.fd]) closeDescriptor(fd);
  }

  /** Opens the FIFO once more. @throws the system error */
  openFifo(access: number): number {
    return openSync(this.#path, access | constants.O_NONBLOCK);
  }

  [Symbol.dispose](): void {
    this.closeReceiver();
    for (const fd of this.#senders) closeDescriptor(fd);
  }

  #socket(): number {
    const domain = this.name === "tcp" || this.name === "udp" ? AF_INET : AF_UNIX;
    const kind = STREAM.has(this.name) ? SOCK_STREAM : SOCK_DGRAM;
    const fd = socket(domain, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) throw errnoError("socket");
    return fd;
  }

  #connected(): number {
    const fd = this.#socket();
    // A blocking connect(2) over loopback returns when the connection stands.
    fcntl(fd, F_SETFL, "int", fcntl(fd, F_GETFL, "int", 0) & ~constants.O_NONBLOCK);
    if (connect(fd, this.#address, this.#address.length) < 0) {
      const error = errnoError("connect");
      closeDescriptor(fd);
      throw error;
    }
    fcntl(fd, F_SETFL, "int", fcntl(fd, F_GETFL, "int", 0) | constants.O_NONBLOCK);
    return fd;
  }

  #accept(): void {
    const fd = accept4(this.fd, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) throw errnoError("accept4");
    this.#accepted.push(fd);
  }
}

function portOfSocket(fd: number): number {
  const address = Buffer.alloc(28);
  if (getsockname(fd, address, Uint32Array.of(address.length)) < 0) throw errnoError("getsockname");
  return portOf(address);
}
