import { onTestFinished } from "vitest";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from "../../src/os/constants.ts";
import { bind, close, errnoError, read, socket } from "../../src/os/libc.ts";
import { Readiness } from "../../src/os/readiness.ts";
import { abstractAddress, unixAddress } from "../../src/os/socket-address.ts";

const MESSAGE_BYTES_MAX = 4096;

/** A service manager as sd_notify(3) describes it: a datagram socket, whose messages are assignments. */
export class NotifyReceiver {
  /** Each message, by its variables. */
  readonly messages: Readonly<Record<string, string>>[] = [];
  readonly #wakers = new Set<() => void>();

  /** @param name as in NOTIFY_SOCKET: a path, or `@` and an abstract name */
  constructor(name: string) {
    const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const address = name.startsWith("@") ? abstractAddress(name.slice(1)) : unixAddress(name);
    if (bind(fd, address, address.length) < 0) throw errnoError("bind", name);
    const readiness = new Readiness(fd, "readable", () => this.#receive(fd));
    readiness.start();
    onTestFinished(() => {
      readiness.close();
      close(fd);
    });
  }

  /** The first message, already received or to come, that has this assignment. */
  async message(assignment: string): Promise<Readonly<Record<string, string>>> {
    const [name = "", value = ""] = assignment.split("=");
    for (;;) {
      const found = this.messages.find((message) => message[name] === value);
      if (found !== undefined) return found;
      await this.next();
    }
  }

  /** Resolves when another message has come. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#wakers.add(resolve));
  }

  #receive(fd: number): void {
    const memory = Buffer.alloc(MESSAGE_BYTES_MAX);
    const bytes = read(fd, memory, memory.length);
    if (bytes < 0) return;
    const assignments = memory.toString("utf8", 0, bytes).split("\n");
    this.messages.push(Object.fromEntries(assignments.map((line) => [line.split("=")[0], line.replace(/^\w+=/, "")])));
    const wakers = [...this.#wakers];
    this.#wakers.clear();
    for (const wake of wakers) wake();
  }
}
