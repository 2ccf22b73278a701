import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { TRANSPORT_NAMES, type TransportName } from "../../src/core/transport-name.ts";
import { AF_INET, AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_STREAM } from "../../src/os/constants.ts";
import { bind, close, errnoError, getsockname, listen, socket } from "../../src/os/libc.ts";
import { inetAddress, portOf, unixAddress } from "../../src/os/socket-address.ts";

const BACKLOG = 1024;

/** A socket or FIFO that this process holds open, as a service manager does, and passes to the programs it starts. */
export interface PassedSocket {
  readonly fd: number;
  readonly address: string;
}

/** Opens the socket or FIFO of a transport, as systemd opens that of a .socket unit. */
function openPassed(transport: TransportName, directory: string): PassedSocket {
  const path = join(directory, transport);
  switch (transport) {
    case "unixsock":
      return listening(unixSocket(SOCK_STREAM, path));
    case "unixgram":
      return unixSocket(SOCK_DGRAM, path);
    case "tcp":
      return listening(inetSocket(SOCK_STREAM));
    case "udp":
      return inetSocket(SOCK_DGRAM);
    case "fifo":
      execFileSync("mkfifo", ["-m", "600", path]);
      return { fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK), address: path };
  }
}

/** The sockets of all transports, or of some, in one directory. Disposing of it closes them. */
export class PassedSockets implements Disposable {
  readonly all: ReadonlyMap<TransportName, PassedSocket>;

  constructor(directory: string, transports: readonly TransportName[] = TRANSPORT_NAMES) {
    this.all = new Map(transports.map((transport) => [transport, openPassed(transport, directory)]));
  }

  get descriptors(): number[] {
    return [...this.all.values()].map(({ fd }) => fd);
  }

  /** The endpoint, as commands name it. */
  endpoint(transport: TransportName): string {
    return `${transport}=${this.all.get(transport)?.address}`;
  }

  [Symbol.dispose](): void {
    for (const [transport, { fd }] of this.all) {
      if (transport === "fifo") closeSync(fd);
      else close(fd);
    }
  }
}

/** How a program is started that gets descriptors from 3 on. */
export interface Passing {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The descriptors from 3 on of spawn()'s stdio. */
  readonly stdio: readonly number[];
}

/** Starts a command as systemd does, with the pid that it has after exec(2) (sd_listen_fds(3)). */
export function passing(command: readonly string[], descriptors: readonly number[], names?: string): Passing {
  const env = { LISTEN_FDS: String(descriptors.length), ...(names === undefined ? {} : { LISTEN_FDNAMES: names }) };
  return { command: ["sh", "-c", 'LISTEN_PID=$$ exec "$0" "$@"', ...command], env, stdio: descriptors };
}

/** A bound unix socket that is closed on exec(2), blocking, as a careless program leaves it. */
export function unixSocket(type: number, path: string): PassedSocket {
  return { fd: bound(socket(AF_UNIX, type | SOCK_CLOEXEC, 0), unixAddress(path)), address: path };
}

function inetSocket(type: number): PassedSocket {
  const fd = bound(socket(AF_INET, type | SOCK_CLOEXEC, 0), inetAddress("127.0.0.1", 0));
  const address = Buffer.alloc(16);
  if (getsockname(fd, address, Uint32Array.of(16)) < 0) throw errnoError("getsockname");
  return { fd, address: `127.0.0.1:${portOf(address)}` };
}

function bound(fd: number, address: Buffer): number {
  if (fd < 0 || bind(fd, address, address.length) < 0) throw errnoError("bind");
  return fd;
}

function listening(passed: PassedSocket): PassedSocket {
  if (listen(passed.fd, BACKLOG) < 0) throw errnoError("listen");
  return passed;
}
