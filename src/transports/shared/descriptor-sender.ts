import { setTimeout as pause } from "node:timers/promises";
import type { Backpressure } from "../../core/backpressure.ts";
import type { Endpoint } from "../../core/endpoint.ts";
import { RETRY_MS_MIN } from "../../core/tuning.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import type { Sender, SenderOptions } from "../transport.ts";
import type { DescriptorLink, Needed } from "./descriptor-link.ts";
import { findListener } from "./listener-search.ts";
import { Writability } from "./writability.ts";

/**
 * Sends through a descriptor. Waits without spinning until it is writable, and when the listener has gone, sends the
 * rest of the block to the next one.
 */
export class DescriptorSender implements Sender {
  readonly #endpoint: Endpoint;
  readonly #link: DescriptorLink;
  readonly #options: SenderOptions;
  #signal: AbortSignal | undefined;
  #fd = -1;
  #writability: Writability | undefined;
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(endpoint: Endpoint, link: DescriptorLink, options: SenderOptions) {
    this.#endpoint = endpoint;
    this.#link = link;
    this.#options = options;
  }

  async open(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await this.#connect(signal);
  }

  send(lines: Buffer): Backpressure {
    this.#link.load(lines);
    const needed = this.#push();
    if (needed === undefined) return undefined;
    this.#sending = this.#sendRest(needed);
    return this.#sending;
  }

  /** A send that is still waiting is given up: its lines count as `broken`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#disconnect();
    await this.#sending?.catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #push(): Needed | undefined {
    try {
      return this.#link.push(this.#fd);
    } catch (error) {
      this.#giveUp();
      throw error;
    }
  }

  async #sendRest(first: Needed): Promise<void> {
    try {
      for (let needed: Needed | undefined = first; needed !== undefined; needed = this.#push()) {
        if (needed === "writable") await this.#writability?.wait();
        else if (needed === "memory") await pause(RETRY_MS_MIN);
        else await this.#connect(this.#signal);
        if (this.#closed) break;
      }
    } finally {
      this.#giveUp();
    }
  }

  #giveUp(): void {
    const lines = this.#link.unload();
    if (lines > 0) this.#options.unsent("broken", lines);
  }

  async #connect(signal: AbortSignal | undefined): Promise<void> {
    if (signal === undefined) throw new Error("send() on a sender that was not opened");
    this.#disconnect();
    const search = { endpoint: this.#endpoint, options: this.#options, signal };
    const fd = await findListener(search, () => this.#link.connect());
    if (this.#closed) {
      closeDescriptor(fd);
      return;
    }
    this.#fd = fd;
    this.#writability = new Writability(fd);
  }

  #disconnect(): void {
    if (this.#fd < 0) return;
    this.#link.beforeClose?.(this.#fd);
    this.#writability?.close();
    closeDescriptor(this.#fd);
    this.#fd = -1;
  }
}
