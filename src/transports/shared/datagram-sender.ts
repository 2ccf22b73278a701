import { closeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Backpressure } from "../../core/backpressure.ts";
import type { Endpoint } from "../../core/endpoint.ts";
import { RETRY_MS_MIN } from "../../core/limits.ts";
import { countLines } from "../../core/whole-lines.ts";
import { errnoError, errnoName } from "../../os/libc.ts";
import type { Sender, SenderOptions } from "../transport.ts";
import { DatagramStage } from "./datagram-stage.ts";
import { findListener, linkFailure } from "./listener-search.ts";
import { SendRoom } from "./send-room.ts";

/**
 * What a refused datagram asks for. `room`: wait until the socket is writable. `pause`: wait a little. `again`: send it
 * again at once. `skip`: it can't be sent. `reconnect`: its listener has gone; send it to the next one. `fail`: give up.
 */
export type Remedy = "room" | "pause" | "again" | "skip" | "reconnect" | "fail";

/** What tells one datagram transport from another. */
export interface DatagramLink {
  /** Opens a non-blocking socket connected to the listener. @throws the system error */
  connect(): number | Promise<number>;
  /** What to do about a datagram of `bytes` that sendmmsg(2) refused with that errno. */
  remedy(errno: string, fd: number, bytes: number): Remedy;
  /** sendmmsg(2) took some datagrams, not all, and then met no error. */
  recovered?(): void;
  /** Last look at a socket before it is closed. */
  closing?(fd: number): void;
}

/** Sends each line as a datagram of its own, up to SEND_BATCH_MESSAGES in one system call. */
export class DatagramSender implements Sender {
  readonly #endpoint: Endpoint;
  readonly #link: DatagramLink;
  readonly #options: SenderOptions;
  readonly #stage: DatagramStage = new DatagramStage();
  #signal: AbortSignal | undefined;
  #fd = -1;
  #room: SendRoom | undefined;
  #block: Buffer = Buffer.alloc(0);
  #staged = 0;
  #carrying: Promise<void> | undefined;
  #closed = false;

  constructor(endpoint: Endpoint, link: DatagramLink, options: SenderOptions) {
    this.#endpoint = endpoint;
    this.#link = link;
    this.#options = options;
  }

  async open(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await this.#connect(signal);
  }

  send(lines: Buffer): Backpressure {
    this.#block = lines;
    this.#staged = 0;
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

  /** Sends until all is sent (undefined) or something must be waited for. */
  #advance(): Remedy | undefined {
    try {
      return this.#push();
    } catch (error) {
      this.#giveUpRest();
      throw error;
    }
  }

  #push(): Remedy | undefined {
    const stage = this.#stage;
    let short = false;
    for (;;) {
      if (stage.waiting === 0) {
        if (this.#staged === this.#block.length) return undefined;
        this.#staged = stage.fill(this.#block, this.#staged);
      }
      if (stage.send(this.#fd) > 0) {
        if (short) this.#link.recovered?.();
        short = stage.waiting > 0;
        continue;
      }
      short = false;
      const remedy = this.#link.remedy(errnoName(), this.#fd, stage.firstBytes);
      if (remedy === "fail") throw linkFailure(this.#endpoint, errnoError("sendmmsg"));
      if (remedy === "skip") {
        stage.skip();
        this.#options.unsent("tooLong", 1);
      } else if (remedy !== "again") {
        return remedy;
      }
    }
  }

  async #carryOn(first: Remedy): Promise<void> {
    try {
      for (let remedy: Remedy | undefined = first; remedy !== undefined; remedy = this.#advance()) {
        if (remedy === "room") await this.#room?.wait();
        else if (remedy === "pause") await pause(RETRY_MS_MIN);
        else await this.#connect(this.#signal);
        if (this.#closed) break;
      }
    } finally {
      this.#giveUpRest();
    }
  }

  /** Counts what is left of the block when its send ends early. */
  #giveUpRest(): void {
    const lines = this.#stage.waiting + countLines(this.#block.subarray(this.#staged));
    if (lines > 0) this.#options.unsent("broken", lines);
    while (this.#stage.waiting > 0) this.#stage.skip();
    this.#staged = this.#block.length;
  }

  async #connect(signal: AbortSignal | undefined): Promise<void> {
    if (signal === undefined) throw new Error("send() on a sender not open");
    this.#disconnect();
    const fd = await findListener(this.#endpoint, this.#options, signal, () => this.#link.connect());
    if (this.#closed) {
      closeSync(fd);
      return;
    }
    this.#fd = fd;
    this.#room = new SendRoom(fd);
  }

  #disconnect(): void {
    if (this.#fd < 0) return;
    this.#link.closing?.(this.#fd);
    this.#room?.close();
    closeSync(this.#fd);
    this.#fd = -1;
  }
}
