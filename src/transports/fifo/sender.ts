import { closeSync, constants, fstatSync, openSync, statSync } from "node:fs";
import type { PathEndpoint } from "../../core/endpoint.ts";
import { OperationalError } from "../../core/errors.ts";
import { PIPE_BUF_BYTES } from "../../core/kernel-facts.ts";
import { countLines, LINE_FEED } from "../../core/whole-lines.ts";
import { errnoError, errnoName, write } from "../../os/libc.ts";
import type { DescriptorLink, LinkOptions, Needed } from "../shared/descriptor-link.ts";
import { DescriptorSender } from "../shared/descriptor-sender.ts";
import { linkFailure } from "../shared/listener-search.ts";
import type { Sender, SenderOptions } from "../transport.ts";

export function createSender(endpoint: PathEndpoint, options: SenderOptions): Sender {
  return new DescriptorSender(endpoint, createLink(endpoint, options), options);
}

export function createLink(endpoint: PathEndpoint, options: LinkOptions): DescriptorLink {
  return new FifoLink(endpoint, options);
}

/**
 * Writes whole lines, at most PIPE_BUF bytes at once: the kernel accepts all of such a write or nothing, and never
 * interleaves it with another writer's (pipe(7)).
 */
class FifoLink implements DescriptorLink {
  readonly outlivesListener = true;
  readonly #endpoint: PathEndpoint;
  readonly #options: LinkOptions;
  #block: Buffer = Buffer.alloc(0);
  #sent = 0;

  constructor(endpoint: PathEndpoint, options: LinkOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
  }

  connect(): number {
    return openFifo(this.#endpoint.path);
  }

  load(block: Buffer): void {
    this.#block = block;
    this.#sent = 0;
  }

  push(fd: number): Needed | undefined {
    while (this.#sent < this.#block.length) {
      const bytes = this.#nextBytes();
      if (bytes > PIPE_BUF_BYTES) {
        this.#options.unsent("tooLong", 1);
      } else if (write(fd, this.#block.subarray(this.#sent, this.#sent + bytes), bytes) < 0) {
        const errno = errnoName();
        if (errno === "EAGAIN") return "writable";
        // The last reader has gone.
        if (errno === "EPIPE") return "listener";
        throw linkFailure(this.#endpoint, errnoError("write"));
      }
      this.#sent += bytes;
    }
    return undefined;
  }

  unload(): number {
    const lines = countLines(this.#block.subarray(this.#sent));
    this.#sent = this.#block.length;
    return lines;
  }

  /** Bytes of the whole lines that fit in one write; more than PIPE_BUF_BYTES for a line that doesn't fit. */
  #nextBytes(): number {
    const leftBytes = this.#block.length - this.#sent;
    if (leftBytes <= PIPE_BUF_BYTES) return leftBytes;
    const fitting = this.#block.lastIndexOf(LINE_FEED, this.#sent + PIPE_BUF_BYTES - 1) + 1 - this.#sent;
    return fitting > 0 ? fitting : this.#block.indexOf(LINE_FEED, this.#sent) + 1 - this.#sent;
  }
}

/** @throws ENOENT without a FIFO, ENXIO without a reader (fifo(7)), NOT_A_FIFO for anything else */
function openFifo(path: string): number {
  // Checked first: opening a device can have side effects, and opening a socket fails like a FIFO without a reader.
  if (!statSync(path).isFIFO()) throw notAFifo(path);
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  if (fstatSync(fd).isFIFO()) return fd;
  closeSync(fd);
  throw notAFifo(path);
}

function notAFifo(path: string): OperationalError {
  return new OperationalError("NOT_A_FIFO", `${path} is not a FIFO and was left alone; remove it or pass another path`);
}
