import { readdirSync, readlinkSync } from "node:fs";
import { FIONREAD, SIOCOUTQ } from "./constants.ts";
import { close, errnoError, ioctl, syscall } from "./libc.ts";

/** Numbers of the system calls, the same on x86-64 and arm64 (include/uapi/asm-generic/unistd.h). */
const PIDFD_OPEN = 434;
const PIDFD_GETFD = 438;

/** Standard input and output; Node makes them sockets. */
const STANDARD_MAX = 2;

/** What is asked of each queue: bytes that wait to be read from it, or bytes that were sent to it and not yet received. */
export type QueuedBytes = "unread" | "unreceived";

const REQUESTS: Readonly<Record<QueuedBytes, number>> = { unread: FIONREAD, unreceived: SIOCOUTQ };

/**
 * The sockets and FIFOs that another process has open now. The process doesn't notice: each is duplicated for one question and
 * closed again (pidfd_getfd(2), Linux 5.6), so a process that ends meanwhile closes them, too.
 */
export class ForeignQueues {
  readonly #pid: number;
  readonly #isQueue: (name: string) => boolean;
  readonly #process: number;
  #descriptors: readonly number[];

  /**
   * @param isQueue decides by what /proc/PID/fd says: `socket:[…]`, or the path of a FIFO
   * @throws the system error where the process can't be examined
   */
  constructor(pid: number, isQueue: (name: string) => boolean) {
    this.#pid = pid;
    this.#isQueue = isQueue;
    this.#process = syscall(PIDFD_OPEN, pid, 0, 0);
    if (this.#process < 0) throw errnoError("pidfd_open");
    try {
      this.#descriptors = descriptorsOf(pid, isQueue);
      const [first] = this.#descriptors;
      if (first !== undefined) this.#ask(first, FIONREAD);
    } catch (error) {
      close(this.#process);
      throw error;
    }
  }

  /** The bytes in all of them; undefined when none is open. What the process has opened or closed meanwhile may be missed once. */
  bytes(which: QueuedBytes): number | undefined {
    const answers = this.#descriptors.flatMap((fd) => this.#answerOf(fd, REQUESTS[which]) ?? []);
    if (answers.length === 0 || answers.length < this.#descriptors.length) this.#lookAgain();
    return answers.length === 0 ? undefined : answers.reduce((sum, bytes) => sum + bytes, 0);
  }

  close(): void {
    close(this.#process);
  }

  #answerOf(descriptor: number, request: number): number | undefined {
    try {
      return this.#ask(descriptor, request);
    } catch {
      return undefined;
    }
  }

  #lookAgain(): void {
    try {
      this.#descriptors = descriptorsOf(this.#pid, this.#isQueue);
    } catch {
      this.#descriptors = []; // it has ended
    }
  }

  /** @returns 0 for what has no such queue, such as a socket that listens @throws the system error of pidfd_getfd(2) */
  #ask(descriptor: number, request: number): number {
    const copy = syscall(PIDFD_GETFD, this.#process, descriptor, 0);
    if (copy < 0) throw errnoError("pidfd_getfd");
    const bytes = Buffer.alloc(4);
    const status = ioctl(copy, request, bytes);
    close(copy);
    return status < 0 ? 0 : bytes.readInt32LE();
  }
}

/** One descriptor of each queue. */
function descriptorsOf(pid: number, isQueue: (name: string) => boolean): number[] {
  const found = new Map<string, number>();
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    const fd = Number(name);
    const target = fd > STANDARD_MAX ? linkOf(pid, fd) : "";
    if (isQueue(target) && !found.has(target)) found.set(target, fd);
  }
  return [...found.values()];
}

function linkOf(pid: number, fd: number): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return ""; // closed meanwhile
  }
}
