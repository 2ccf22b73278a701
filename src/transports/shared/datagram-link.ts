import type { Endpoint } from "../../core/endpoint.ts";
import { SEND_RETRIES_MAX } from "../../core/limits.ts";
import { countLines } from "../../core/whole-lines.ts";
import { errnoError, errnoName } from "../../os/libc.ts";
import { DatagramStage } from "./datagram-stage.ts";
import type { DescriptorLink, LinkOptions, Needed } from "./descriptor-link.ts";
import { linkFailure } from "./listener-search.ts";

/** What to do about a datagram that the kernel refused: wait, send it again at once, skip it, or end the sender. */
export type Remedy = Needed | "again" | "skip" | "fail";

/** The differences between datagram transports. */
export interface DatagramKind {
  /** Opens a non-blocking socket connected to the listener. @throws the system error */
  connect(): number | Promise<number>;
  /** What to do about a datagram of `bytes` that sendmmsg(2) refused with this errno. */
  remedy(errno: string, fd: number, bytes: number): Remedy;
  /** Called when sendmmsg(2) sent only some of the datagrams, and the next call succeeded. */
  recovered?(): void;
  /** Called before a socket is closed, to read its last error. */
  beforeClose?(fd: number): void;
}

/** Sends each line as a separate datagram, up to SEND_BATCH_MESSAGES per system call. */
export class DatagramLink implements DescriptorLink {
  readonly #endpoint: Endpoint;
  readonly #kind: DatagramKind;
  readonly #options: LinkOptions;
  readonly #stage: DatagramStage = new DatagramStage();
  #block: Buffer = Buffer.alloc(0);
  #staged = 0;

  constructor(endpoint: Endpoint, kind: DatagramKind, options: LinkOptions) {
    this.#endpoint = endpoint;
    this.#kind = kind;
    this.#options = options;
  }

  connect(): number | Promise<number> {
    return this.#kind.connect();
  }

  load(block: Buffer): void {
    this.#block = block;
    this.#staged = 0;
  }

  push(fd: number): Needed | undefined {
    const stage = this.#stage;
    let short = false;
    let retries = 0;
    for (;;) {
      if (stage.waiting === 0) {
        if (this.#staged === this.#block.length) return undefined;
        this.#staged = stage.fill(this.#block, this.#staged);
      }
      if (stage.send(fd) > 0) {
        if (short) this.#kind.recovered?.();
        short = stage.waiting > 0;
        retries = 0;
        continue;
      }
      short = false;
      const remedy = this.#kind.remedy(errnoName(), fd, stage.firstBytes);
      if (remedy === "fail" || retries === SEND_RETRIES_MAX) {
        throw linkFailure(this.#endpoint, errnoError("sendmmsg"));
      }
      if (remedy === "again") {
        retries++;
      } else if (remedy === "skip") {
        stage.skip();
        this.#options.unsent("tooLong", 1);
      } else {
        return remedy;
      }
    }
  }

  unload(): number {
    const lines = this.#stage.waiting + countLines(this.#block.subarray(this.#staged));
    this.#stage.clear();
    this.#staged = this.#block.length;
    return lines;
  }

  beforeClose(fd: number): void {
    this.#kind.beforeClose?.(fd);
  }
}
