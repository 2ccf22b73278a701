import { closeSync } from "node:fs";
import { setImmediate as nextIteration } from "node:timers/promises";
import { ACCEPTS_PER_ITERATION, DRAIN_QUIET_ITERATIONS, LISTEN_BACKLOG, READ_BYTES } from "../../core/tuning.ts";
import { SOCK_CLOEXEC, SOCK_NONBLOCK } from "../../os/constants.ts";
import { accept4, errnoError, errnoName, listen } from "../../os/libc.ts";
import { Readiness } from "../../os/readiness.ts";
import type { Listener, ListenerOptions, ListenerStats, Listening } from "../transport.ts";
import { CommonPause } from "./common-pause.ts";
import { StreamChannel } from "./stream-channel.ts";
import { ChannelEnding, type StreamEnding } from "./stream-ending.ts";

/** A bound, listening stream socket, and how it and its connections are ended. */
export interface StreamBinding {
  readonly fd: number;
  readonly listening: Listening;
  readonly ending: StreamEnding;
  /** Releases the address; close() calls this first. */
  release(): void;
  /**
   * Makes the kernel refuse new connections; those that it has queued can still be accepted. This changes the socket
   * itself, so it must not be done to a socket on which other processes listen too.
   */
  seal(): void;
  /** Sets the options of an accepted socket. */
  prepare(fd: number): void;
}

/** How long accepting pauses when the process or the system is out of descriptors: senders wait in the backlog. */
const OUT_OF_DESCRIPTORS_PAUSE_MS = 50;

/** The result of accept4(2): a connection, nobody waiting, or no free descriptor. */
type Acceptance = number | "nobody" | "exhausted";

/** What stream transports have in common: accepting, one channel per connection, ending them. */
export class StreamListener implements Listener {
  readonly #bind: () => Promise<StreamBinding>;
  readonly #options: ListenerOptions<"stream">;
  readonly #channels = new Set<StreamChannel>();
  readonly #memory = Buffer.allocUnsafeSlow(READ_BYTES);
  #bound: Promise<StreamBinding> | undefined;
  #binding: StreamBinding | undefined;
  #readiness: Readiness | undefined;
  #acceptPause: NodeJS.Timeout | undefined;
  readonly #pause: CommonPause;
  #accepted = 0;
  #refused = 0;
  #ending: ChannelEnding | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ListenerOptions<"stream">, bind: () => Promise<StreamBinding>) {
    this.#options = options;
    this.#bind = bind;
    this.#pause = new CommonPause(
      this.#channels,
      () => options.backpressure?.(),
      () => this.#watch(),
    );
  }

  async listen(): Promise<Listening> {
    this.#bound = this.#bind();
    const binding = await this.#bound;
    this.#binding = binding;
    this.#readiness = new Readiness(binding.fd, "readable", () => this.#acceptSome(binding));
    this.#watch();
    return binding.listening;
  }

  stats(): ListenerStats {
    const { cutSenders, cutBytes } = this.#ending ?? { cutSenders: 0, cutBytes: 0 };
    const counts = { accepted: this.#accepted, refused: this.#refused, cutSenders, cutBytes };
    return { senders: this.#channels.size, ...counts, kernelDrops: 0 };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    if (this.#binding === undefined) await this.#bound?.catch(() => {}); // listen() may be under way
    const binding = this.#binding;
    if (binding === undefined) return;
    clearTimeout(this.#acceptPause);
    this.#readiness?.close();
    binding.release();
    await this.#endChannels(binding);
    await Promise.all([...this.#channels].filter(({ over }) => over).map(({ closed }) => closed));
    if (this.#channels.size === 0) return;
    for (const channel of this.#channels) channel.stop();
    await this.#options.flush?.();
    await Promise.all([...this.#channels].map((channel) => channel.finish()));
  }

  /** Senders that connect while no channel is read wait in the backlog. */
  #watch(): void {
    if (this.#pause.isOn) this.#readiness?.stop();
    else this.#readiness?.start();
  }

  /**
   * Reads what senders' kernels have accepted, including senders in the backlog. Afterwards only acknowledged senders
   * are connected.
   */
  async #endChannels(binding: StreamBinding): Promise<void> {
    binding.seal();
    // Gives pending handshakes a moment to complete.
    for (let i = 0; i < DRAIN_QUIET_ITERATIONS; i++) {
      this.#acceptAll(binding);
      await nextIteration();
    }
    let listening = true;
    this.#ending = new ChannelEnding(this.#channels, binding.ending);
    await this.#ending.run(() => {
      if (!listening || !this.#acceptAll(binding)) return !listening;
      // Closed before any sender is asked to stop: one that reconnects at once is refused instead of waiting.
      closeSync(binding.fd);
      listening = false;
      return true;
    });
    if (!listening) return;
    for (let fd = this.#accept(binding); typeof fd === "number"; fd = this.#accept(binding)) this.#refuse(fd);
    closeSync(binding.fd);
  }

  #acceptSome(binding: StreamBinding): void {
    this.#pause.check();
    if (this.#pause.isOn) return;
    for (let i = 0; i < ACCEPTS_PER_ITERATION; i++) {
      const fd = this.#accept(binding);
      if (fd === "exhausted") this.#pauseAccepting();
      if (typeof fd !== "number") return;
      if (this.#channels.size < this.#options.connectionsMax) this.#open(binding, fd);
      else this.#refuse(fd);
    }
  }

  /** Accepts as many as connectionsMax permits; at shutdown others end soon. @returns whether nobody waits any more */
  #acceptAll(binding: StreamBinding): boolean {
    while (this.#channels.size < this.#options.connectionsMax) {
      const fd = this.#accept(binding);
      if (typeof fd !== "number") return fd === "nobody";
      this.#open(binding, fd);
    }
    return false;
  }

  #open(binding: StreamBinding, fd: number): void {
    binding.prepare(fd);
    this.#accepted++;
    const channel = new StreamChannel({
      id: this.#accepted,
      fd,
      memory: this.#memory,
      accept: this.#options.accept,
      onPause: () => this.#pause.check(),
    });
    this.#channels.add(channel);
    if (this.#pause.isOn) channel.pause();
    void channel.closed.then(() => this.#channels.delete(channel));
  }

  #refuse(fd: number): void {
    this.#refused++;
    closeSync(fd);
  }

  #accept(binding: StreamBinding): Acceptance {
    for (;;) {
      const fd = accept4(binding.fd, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) return fd;
      switch (errnoName()) {
        case "EAGAIN":
          return "nobody";
        case "EINTR":
        case "ECONNABORTED": // ended before we accepted it (accept(2))
          break;
        case "EMFILE":
        case "ENFILE":
        case "ENOBUFS":
        case "ENOMEM":
          return "exhausted";
        default:
          this.#readiness?.stop();
          this.#options.fail(errnoError("accept4"));
          return "nobody";
      }
    }
  }

  #pauseAccepting(): void {
    this.#readiness?.stop();
    this.#acceptPause = setTimeout(() => this.#watch(), OUT_OF_DESCRIPTORS_PAUSE_MS);
  }
}

/** listen(2) with our backlog. @throws the system error */
export function startListening(fd: number): void {
  if (listen(fd, LISTEN_BACKLOG) < 0) throw errnoError("listen");
}
