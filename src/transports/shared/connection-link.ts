import { countLines, LINE_FEED } from "../../core/whole-lines.ts";
import { SO_ERROR, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM, SOL_SOCKET } from "../../os/constants.ts";
import { close, connect, errnoError, errnoName, isInProgress, read, socket, write } from "../../os/libc.ts";
import { getOption } from "../../os/socket-options.ts";
import type { DescriptorLink, LinkOptions, Needed } from "./descriptor-link.ts";
import { SentMarks } from "./sent-marks.ts";
import type { StreamKind } from "./stream-link.ts";

/** One read of what a listener sends back, which is ignored. */
const REPLIES_BYTES = 4096;

/**
 * Sends over one connection after another. A line that a connection's end has cut is sent whole over the next one.
 * Lines that the kernel accepted, and that may be lost with their connection, are counted as `inDoubt`.
 */
export class ConnectionLink implements DescriptorLink {
  readonly #kind: StreamKind;
  readonly #open: () => number | Promise<number>;
  readonly #options: LinkOptions;
  readonly #replies = Buffer.allocUnsafe(REPLIES_BYTES);
  #marks = new SentMarks();
  #block: Buffer = Buffer.alloc(0);
  #lines = 0;
  #sent = 0;
  #isAsked = false;
  #isReset = false;

  /** @param open opens a non-blocking socket that is connected, or is being connected */
  constructor(kind: StreamKind, open: () => number | Promise<number>, options: LinkOptions) {
    this.#kind = kind;
    this.#open = open;
    this.#options = options;
  }

  connect(): number | Promise<number> {
    return this.#open();
  }

  load(block: Buffer, lines: number = countLines(block)): void {
    this.#block = block;
    this.#lines = lines;
    this.#sent = 0;
  }

  push(fd: number): Needed | undefined {
    while (this.#sent < this.#block.length) {
      if (this.#isReset || (this.#isAsked && this.#isAtLineStart())) return "listener";
      const rest = this.#rest();
      const taken = write(fd, rest, rest.length);
      if (taken < 0) {
        const errno = errnoName();
        if (errno === "EAGAIN") return "writable";
        if (errno === "ENOBUFS" || errno === "ENOMEM") return "memory";
        if (errno !== "EINTR") return this.#broken(fd, errno);
      } else {
        this.#marks.note(taken, taken === this.#block.length ? this.#lines : countLines(rest.subarray(0, taken)));
        this.#sent += taken;
      }
    }
    return undefined;
  }

  unload(): number {
    const lines = countLines(this.#block.subarray(this.#sent));
    this.#sent = this.#block.length;
    return lines;
  }

  linesLeft(): number {
    return countLines(this.#block.subarray(this.#sent));
  }

  ending(fd: number): "no" | "after the line" | "now" {
    // A connection that was reset also reads as ended, which says nothing about a FIN.
    for (let bytes = this.#isReset ? 0 : 1; bytes > 0; ) {
      bytes = read(fd, this.#replies, this.#replies.length);
      if (bytes === 0) this.#isAsked = true;
      else if (bytes < 0 && !isPassing(errnoName())) this.#isReset = true;
    }
    if (this.#isReset) return "now";
    if (!this.#isAsked) return "no";
    return this.#isAtLineStart() ? "now" : "after the line";
  }

  /** Counts what may be lost, and goes back to the beginning of a line that was cut. */
  beforeClose(fd: number): void {
    const lines = this.#marks.linesInLast(this.#doubtfulBytes(fd));
    if (lines > 0) this.#options.unsent("inDoubt", lines);
    if (!this.#isAtLineStart()) this.#sent = this.#block.lastIndexOf(LINE_FEED, this.#sent - 1) + 1;
    this.#marks = new SentMarks();
    this.#isAsked = false;
    this.#isReset = false;
  }

  /** What is to be written next: only the line that is begun, where the listener is about to close. */
  #rest(): Buffer {
    if (this.#isAsked) return this.#block.subarray(this.#sent, this.#block.indexOf(LINE_FEED, this.#sent) + 1);
    return this.#sent === 0 ? this.#block : this.#block.subarray(this.#sent);
  }

  #isAtLineStart(): boolean {
    return this.#sent === 0 || this.#block[this.#sent - 1] === LINE_FEED;
  }

  #broken(fd: number, errno: string): Needed {
    const diagnosis = this.#kind.diagnose(fd, errno);
    this.#isReset ||= diagnosis !== "refused";
    this.#isAsked ||= diagnosis === "reset after a FIN";
    return "listener";
  }

  /**
   * The last bytes written that may be lost. A side that closes (FIN) has read what its kernel acknowledged; of one
   * that was reset without a FIN, whatever its kernel can hold may be unread.
   */
  #doubtfulBytes(fd: number): number {
    if (this.#marks.bytes === 0) return 0;
    if (getOption(fd, SOL_SOCKET, SO_ERROR) !== 0) this.#isReset = true;
    if (this.#isAsked) return this.#kind.unarrivedBytes(fd);
    return this.#isReset ? this.#kind.unarrivedBytes(fd) + this.#kind.unreadBytesMax(fd) : 0;
  }
}

/** A non-blocking stream socket that is connected to the address, or is being connected. @throws the system error */
export function connectSocket(family: number, address: Buffer, subject: string): number {
  const fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw errnoError("socket");
  if (connect(fd, address, address.length) === 0 || isInProgress()) return fd;
  const error = errnoError("connect", subject);
  close(fd);
  throw error;
}

function isPassing(errno: string): boolean {
  return errno === "EAGAIN" || errno === "EINTR" || errno === "ENOBUFS" || errno === "ENOMEM";
}
