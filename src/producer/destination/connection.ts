import type { Endpoint } from "../../core/endpoint.ts";
import { RETRY_MS_MIN } from "../../core/tuning.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import { close } from "../../os/libc.ts";
import { Readiness } from "../../os/readiness.ts";
import { duplicate } from "../../os/socket-options.ts";
import { ThreadSleep } from "../../os/thread-sleep.ts";
import { waitForDescriptor } from "../../os/wait-for-descriptor.ts";
import type { DescriptorLink } from "../../transports/shared/descriptor-link.ts";
import { linkFailure } from "../../transports/shared/listener-search.ts";
import { toOwnListener } from "../../transports/shared/own-listener.ts";
import type { Reach } from "./carrier.ts";

/** The longest pause between attempts: a program that logs to nobody should notice nothing of it. */
const PAUSE_MS_MAX = 500;

export interface ConnectionEvents {
  /** A descriptor is there, perhaps still being connected. */
  opened(fd: number): void;
  /** The descriptor accepts bytes again; called after awaitWritable(). */
  writable(fd: number): void;
  /** Something came, or the other side has closed. Left out, nothing is read. */
  readable?(fd: number): void;
  /** The descriptor is about to be closed. */
  closing?(fd: number): void;
}

/**
 * The descriptor that leads to the aggregator: opened again and again, with growing pauses, and watched. It never keeps
 * the program running, and it works without the event loop too, by step().
 */
export class Connection implements Reach {
  readonly #endpoint: Endpoint;
  readonly #reach: () => number | Promise<number>;
  readonly #isKept: boolean;
  readonly #events: ConnectionEvents;
  #fd = -1;
  /** An earlier descriptor that is kept until the next one is there. */
  #kept = -1;
  #readable: Readiness | undefined;
  #writable: Readiness | undefined;
  #writableFd = -1;
  #awaitsWritable = false;
  #isOpening = false;
  #isClosed = false;
  #isReached = false;
  #retry: NodeJS.Timeout | undefined;
  #pauseMs = RETRY_MS_MIN;
  #openedMs = 0;
  #failure: unknown;

  constructor(endpoint: Endpoint, link: DescriptorLink, events: ConnectionEvents) {
    this.#endpoint = endpoint;
    this.#reach = toOwnListener(endpoint, () => link.connect());
    this.#isKept = link.outlivesListener === true;
    this.#events = events;
  }

  /** -1 while there is none. */
  get fd(): number {
    return this.#fd;
  }

  get isOutOfReach(): boolean {
    return this.#fd < 0 && !this.#isReached;
  }

  get failure(): unknown {
    return this.#failure;
  }

  open(): void {
    if (this.#isClosed || this.#isOpening || this.#fd >= 0) return;
    clearTimeout(this.#retry);
    try {
      const link = this.#reach();
      if (typeof link === "number") this.#opened(link);
      else this.#await(link);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The aggregator has taken something. */
  noteProgress(): void {
    this.#isReached = true;
    this.#failure = undefined;
  }

  /** Asks for writable(). */
  awaitWritable(): void {
    this.#awaitsWritable = true;
    try {
      this.#watchWritable().start();
    } catch {
      // The program has no descriptor left; it must not notice that here.
      setTimeout(() => this.#becameWritable(), RETRY_MS_MIN).unref();
    }
  }

  /** Doesn't call readable() any more. */
  stopReading(): void {
    this.#readable?.stop();
  }

  /** The listener has gone, for this reason if there is one: looks for the next one. */
  lose(reason?: unknown): void {
    if (this.#fd < 0) return;
    if (performance.now() - this.#openedMs > PAUSE_MS_MAX) this.#pauseMs = RETRY_MS_MIN;
    const fd = this.#fd;
    this.#unwatch();
    if (this.#isKept && this.#kept < 0) this.#kept = fd;
    else closeDescriptor(fd);
    this.#failed(reason);
  }

  step(ms: number): void {
    if (this.#fd < 0) {
      if (this.#isReached) new ThreadSleep().for(Math.min(ms, RETRY_MS_MIN));
      this.open();
      return;
    }
    const fd = this.#fd;
    // Without a wait for the descriptor, what is missing is an answer, or memory of the kernel.
    waitForDescriptor(fd, { writable: this.#awaitsWritable }, this.#awaitsWritable ? ms : Math.min(ms, RETRY_MS_MIN));
    this.#events.readable?.(fd);
    if (this.#fd === fd) this.#becameWritable();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    const fd = this.#fd;
    this.#unwatch();
    if (fd >= 0) closeDescriptor(fd);
    this.#releaseKept();
  }

  #opened(fd: number): void {
    this.#fd = fd;
    this.#releaseKept();
    this.#openedMs = performance.now();
    const { readable } = this.#events;
    if (readable !== undefined) {
      this.#readable = new Readiness(fd, "readable", () => readable(fd));
      this.#readable.unref();
      this.#readable.start();
    }
    this.#events.opened(fd);
  }

  #await(link: Promise<number>): void {
    this.#isOpening = true;
    link.then(
      (fd) => {
        this.#isOpening = false;
        if (this.#isClosed) closeDescriptor(fd);
        else this.#opened(fd);
      },
      (error) => {
        this.#isOpening = false;
        this.#failed(error);
      },
    );
  }

  #failed(error: unknown): void {
    if (error !== undefined) this.#failure = linkFailure(this.#endpoint, error);
    if (this.#isClosed) return;
    // Random, so that the programs of a restarted aggregator don't all come back at the same time.
    this.#retry = setTimeout(() => this.open(), this.#pauseMs * (0.5 + Math.random() / 2)).unref();
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS_MAX);
  }

  #watchWritable(): Readiness {
    if (this.#writable === undefined) {
      if (this.#writableFd < 0) this.#writableFd = duplicate(this.#fd); // libuv watches a descriptor only once
      this.#writable = new Readiness(this.#writableFd, "writable", () => this.#becameWritable());
      this.#writable.unref();
    }
    return this.#writable;
  }

  #becameWritable(): void {
    if (this.#fd < 0) return;
    this.#awaitsWritable = false;
    this.#writable?.stop();
    this.#events.writable(this.#fd);
  }

  #unwatch(): void {
    if (this.#fd < 0) return;
    this.#events.closing?.(this.#fd);
    this.#readable?.close();
    this.#writable?.close();
    this.#readable = undefined;
    this.#writable = undefined;
    this.#awaitsWritable = false;
    if (this.#writableFd >= 0) close(this.#writableFd);
    this.#writableFd = -1;
    this.#fd = -1;
  }

  #releaseKept(): void {
    if (this.#kept >= 0) closeDescriptor(this.#kept);
    this.#kept = -1;
  }
}
