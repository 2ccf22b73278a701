import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import type { Backpressure } from "../../core/backpressure.ts";
import type { PathEndpoint } from "../../core/endpoint.ts";
import { OperationalError } from "../../core/errors.ts";
import { PIPE_BUF_BYTES } from "../../core/limits.ts";
import { countLines, LINE_FEED } from "../../core/whole-lines.ts";
import { errnoError, errnoName, write } from "../../os/libc.ts";
import { findListener, linkFailure } from "../shared/listener-search.ts";
import { SendRoom } from "../shared/send-room.ts";
import type { Sender, SenderOptions } from "../transport.ts";

type Remedy = "room" | "reopen";

export function createSender(endpoint: PathEndpoint, options: SenderOptions): Sender {
  return new FifoSender(endpoint, options);
}

/**
 * Sends whole lines, at most PIPE_BUF bytes a write: the kernel takes all of such a write or nothing, and never mixes it
 * with another writer's (pipe(7)). When the last reader goes, the write in hand is sent to the next one.
 */
class FifoSender implements Sender {
  readonly #endpoint: PathEndpoint;
  readonly #options: SenderOptions;
  #signal: AbortSignal | undefined;
  #fd = -1;
  #room: SendRoom | undefined;
  #block: Buffer = Buffer.alloc(0);
  #sent = 0;
  #carrying: Promise<void> | undefined;
  #closed = false;

  constructor(endpoint: PathEndpoint, options: SenderOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
  }

  async open(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await this.#reopen(signal);
  }

  send(lines: Buffer): Backpressure {
    this.#block = lines;
    this.#sent = 0;
    const remedy = this.#advance();
    if (remedy === undefined) return undefined;
    this.#carrying = this.#carryOn(remedy);
    return this.#carrying;
  }

  /** A send that is still waiting is given up: its lines count as `broken`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#disconnect();
    await this.#carrying?.catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Writes until all is written (undefined) or something must be waited for. */
  #advance(): Remedy | undefined {
    while (this.#sent < this.#block.length) {
      const bytes = this.#nextBytes();
      if (bytes > PIPE_BUF_BYTES) {
        this.#options.unsent("tooLong", 1);
      } else if (write(this.#fd, this.#block.subarray(this.#sent, this.#sent + bytes), bytes) < 0) {
        const errno = errnoName();
        if (errno === "EAGAIN") return "room";
        if (errno === "EPIPE") return "reopen";
        this.#giveUpRest();
        throw linkFailure(this.#endpoint, errnoError("write"));
      }
      this.#sent += bytes;
    }
    return undefined;
  }

  /** Whole lines that one write takes; more than PIPE_BUF_BYTES for a line that no write takes. */
  #nextBytes(): number {
    const leftBytes = this.#block.length - this.#sent;
    if (leftBytes <= PIPE_BUF_BYTES) return leftBytes;
    const fitting = this.#block.lastIndexOf(LINE_FEED, this.#sent + PIPE_BUF_BYTES - 1) + 1 - this.#sent;
    return fitting > 0 ? fitting : this.#block.indexOf(LINE_FEED, this.#sent) + 1 - this.#sent;
  }

  async #carryOn(first: Remedy): Promise<void> {
    try {
      for (let remedy: Remedy | undefined = first; remedy !== undefined; remedy = this.#advance()) {
        if (remedy === "room") await this.#room?.wait();
        else await this.#reopen(this.#signal);
        if (this.#closed) break;
      }
    } finally {
      this.#giveUpRest();
    }
  }

  /** Counts what is left of the block when its send ends early. */
  #giveUpRest(): void {
    const lines = countLines(this.#block.subarray(this.#sent));
    if (lines > 0) this.#options.unsent("broken", lines);
    this.#sent = this.#block.length;
  }

  async #reopen(signal: AbortSignal | undefined): Promise<void> {
    if (signal === undefined) throw new Error("send() on a sender not open");
    this.#disconnect();
    const fd = await findListener(this.#endpoint, this.#options, signal, () => openFifo(this.#endpoint.path));
    if (this.#closed) {
      closeSync(fd);
      return;
    }
    this.#fd = fd;
    this.#room = new SendRoom(fd);
  }

  #disconnect(): void {
    if (this.#fd < 0) return;
    this.#room?.close();
    closeSync(this.#fd);
    this.#fd = -1;
  }
}

/** @throws ENOENT without a FIFO, ENXIO without a reader (fifo(7)), NOT_A_FIFO for anything else */
function openFifo(path: string): number {
  // Looked at first: to open a device can have effects, and to open a socket fails as a FIFO without a reader does.
  if (!statSync(path).isFIFO()) throw notAFifo(path);
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  if (fstatSync(fd).isFIFO()) return fd;
  closeSync(fd);
  throw notAFifo(path);
}

function notAFifo(path: string): OperationalError {
  return new OperationalError("NOT_A_FIFO", `${path} is not a FIFO and was left alone; remove it or pass another path`);
}
