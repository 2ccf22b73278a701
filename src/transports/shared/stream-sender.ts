import { setTimeout as pause } from "node:timers/promises";
import type { Backpressure } from "../../core/backpressure.ts";
import type { Endpoint } from "../../core/endpoint.ts";
import { RETRY_MS_MAX } from "../../core/tuning.ts";
import { countLines, LINE_FEED } from "../../core/whole-lines.ts";
import type { Sender, SenderOptions } from "../transport.ts";
import type { ListenerSearch } from "./listener-search.ts";
import type { SenderLink } from "./stream-link.ts";

export interface StreamTarget {
  readonly endpoint: Endpoint;
  /**
   * Connects to a listener.
   *
   * @param asked to be called when the other side of the link is closing
   * @throws as findListener()
   */
  open(search: ListenerSearch, asked: () => void): Promise<SenderLink>;
}

/**
 * Sends over one connection after another. When the listener closes (FIN), the current block is finished, and the next
 * one goes to another listener. When the connection breaks within a block, the lines that the kernel has not accepted
 * whole are sent to the next listener; accepted lines that may be lost are counted as `inDoubt`.
 */
export class StreamSender implements Sender {
  readonly #target: StreamTarget;
  readonly #options: SenderOptions;
  #signal: AbortSignal | undefined;
  #link: SenderLink | undefined;
  #leaving: Promise<void> | undefined;
  #carrying: Promise<void> | undefined;
  #block: Buffer = Buffer.alloc(0);
  #sent = 0;
  #closing: Promise<void> | undefined;

  constructor(target: StreamTarget, options: SenderOptions) {
    this.#target = target;
    this.#options = options;
  }

  async open(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await this.#connect(signal);
  }

  send(lines: Buffer, count: number = countLines(lines)): Backpressure {
    const link = this.#link;
    const taken = link === undefined || link.isAsked ? 0 : link.write(lines, count);
    if (taken === lines.length) return link?.accepted?.();
    this.#block = lines;
    this.#sent = taken;
    this.#carrying = this.#carryOn();
    return this.#carrying;
  }

  /** A send that is still waiting is given up: lines that the kernel has not accepted whole are counted as `broken`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #carryOn(): Promise<void> {
    try {
      while (this.#sent < this.#block.length) {
        await this.#leaving;
        if (this.#closing !== undefined) return;
        const link = this.#link ?? (await this.#connect(this.#signal));
        if (link.isOver || (link.isAsked && this.#sent === 0)) await this.#leave(link);
        else await this.#push(link);
      }
    } finally {
      this.#giveUp();
    }
  }

  /** Sends a part of the block, or waits until the kernel accepts more. */
  async #push(link: SenderLink): Promise<void> {
    const rest = this.#block.subarray(this.#sent);
    const taken = link.write(rest, countLines(rest));
    this.#sent += taken;
    if (!link.isOver) await (taken < rest.length ? link.writable() : link.accepted?.());
  }

  /** Goes back to the beginning of a line that was cut, so that the next listener gets it whole. */
  #rewind(): void {
    this.#sent = this.#sent === 0 ? 0 : this.#block.lastIndexOf(LINE_FEED, this.#sent - 1) + 1;
  }

  #giveUp(): void {
    const lines = countLines(this.#block.subarray(this.#sent));
    this.#sent = this.#block.length;
    if (lines > 0) this.#options.unsent("broken", lines);
  }

  async #connect(signal: AbortSignal | undefined): Promise<SenderLink> {
    if (signal === undefined) throw new Error("send() on a sender that was not opened");
    const { endpoint } = this.#target;
    const search = { endpoint, options: this.#options, signal };
    const link = await this.#target.open(search, () => this.#asked());
    this.#link = link;
    if (this.#closing !== undefined) link.close();
    return link;
  }

  /** Closes at once if nothing is being sent, so that the listener doesn't wait. */
  #asked(): void {
    const link = this.#link;
    if (link?.isAsked === true && this.#sent === this.#block.length) void this.#leave(link);
  }

  /** Ends the link in order, and counts the lines that may be lost. */
  #leave(link: SenderLink): Promise<void> {
    this.#link = undefined;
    this.#rewind();
    this.#leaving = this.#end(link);
    return this.#leaving;
  }

  async #end(link: SenderLink): Promise<void> {
    const wasUsed = !link.isUnused;
    const doubtful = await link.end();
    if (doubtful > 0) this.#options.unsent("inDoubt", doubtful);
    // A listener that closes at once (too many connections) must not be asked again and again without a pause.
    if (!wasUsed) await pause(Math.random() * RETRY_MS_MAX);
  }

  async #close(): Promise<void> {
    if (this.#sent < this.#block.length) {
      this.#link?.close();
      this.#link = undefined;
      await this.#carrying?.catch(() => {});
    }
    await this.#leaving;
    if (this.#link !== undefined) await this.#leave(this.#link);
    await this.#carrying?.catch(() => {});
  }
}
