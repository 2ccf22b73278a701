import { closeSync } from "node:fs";
import { ACCEPTS_PER_TURN, LISTEN_BACKLOG, READ_BYTES } from "../../core/limits.ts";
import { SOCK_CLOEXEC, SOCK_NONBLOCK } from "../../os/constants.ts";
import { accept4, errnoError, errnoName, listen } from "../../os/libc.ts";
import { Readiness } from "../../os/readiness.ts";
import type { Listener, ListenerOptions, ListenerStats, Listening } from "../transport.ts";
import { CommonPause } from "./common-pause.ts";
import { untilQuiet } from "./drain.ts";
import { StreamChannel } from "./stream-channel.ts";

/** A bound, listening stream socket, and how to undo what binding left behind. */
export interface StreamBinding {
  readonly fd: number;
  readonly listening: Listening;
  /** How long bytes may be on their way between the sender's kernel and ours. */
  readonly transitMs: number;
  /** Makes the address unreachable for new senders; called first on close(). */
  release(): void;
  /** Options of an accepted socket. */
  prepare(fd: number): void;
}

/** How long accepting rests when the process or the system is out of descriptors: the backlog keeps the senders. */
const OUT_OF_DESCRIPTORS_REST_MS = 50;

/** What unixsock and tcp have in common: accepting, one channel per connection, draining. */
export class StreamListener implements Listener {
  readonly #bind: () => Promise<StreamBinding>;
  readonly #options: ListenerOptions<"stream">;
  readonly #channels = new Set<StreamChannel>();
  readonly #memory = Buffer.allocUnsafeSlow(READ_BYTES);
  #bound: Promise<StreamBinding> | undefined;
  #binding: StreamBinding | undefined;
  #readiness: Readiness | undefined;
  #rest: NodeJS.Timeout | undefined;
  readonly #pause: CommonPause;
  #bytes = 0;
  #accepted = 0;
  #refused = 0;
  #closing: Promise<void> | undefined;

  constructor(options: ListenerOptions<"stream">, bind: () => Promise<StreamBinding>) {
    this.#options = options;
    this.#bind = bind;
    this.#pause = new CommonPause(
      this.#channels,
      () => options.room?.(),
      () => this.#watch(),
    );
  }

  async listen(): Promise<Listening> {
    this.#bound = this.#bind();
    const binding = await this.#bound;
    this.#binding = binding;
    this.#readiness = new Readiness(binding.fd, "readable", () => this.#acceptSome());
    this.#watch();
    return binding.listening;
  }

  stats(): ListenerStats {
    const counts = { accepted: this.#accepted, refused: this.#refused, cutSenders: 0, cutBytes: 0 };
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
    binding.release();
    clearTimeout(this.#rest);
    // Whoever connected before the signal may have sent already: its bytes wait in the backlog.
    for (let i = 0; i < 2 * LISTEN_BACKLOG && this.#acceptOne(binding); i++);
    this.#readiness?.close();
    closeSync(binding.fd);
    await untilQuiet(
      binding.transitMs,
      () => this.#bytes + this.#channels.size,
      () => [...this.#channels].some((channel) => channel.waiting),
    );
    for (const channel of this.#channels) channel.stop();
    await this.#options.settle?.();
    await Promise.all([...this.#channels].map((channel) => channel.finish()));
  }

  /** Who connects while nobody's input has room waits in the backlog. */
  #watch(): void {
    if (this.#pause.isOn) this.#readiness?.stop();
    else this.#readiness?.start();
  }

  #acceptSome(): void {
    const binding = this.#binding;
    this.#pause.look();
    if (binding === undefined || this.#pause.isOn) return;
    for (let i = 0; i < ACCEPTS_PER_TURN && this.#acceptOne(binding); i++);
  }

  /** False when nobody is waiting to be accepted. */
  #acceptOne(binding: StreamBinding): boolean {
    const fd = accept4(binding.fd, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return this.#acceptFailed();
    if (this.#channels.size >= this.#options.connectionsMax) {
      this.#refused++;
      closeSync(fd);
      return true;
    }
    binding.prepare(fd);
    this.#accepted++;
    const channel = new StreamChannel(this.#accepted, fd, this.#memory, this.#options.accept, {
      input: (bytes) => {
        this.#bytes += bytes;
      },
      paused: () => this.#pause.look(),
    });
    this.#channels.add(channel);
    if (this.#pause.isOn) channel.hold();
    void channel.closed.then(() => this.#channels.delete(channel));
    return true;
  }

  #acceptFailed(): boolean {
    const code = errnoName();
    switch (code) {
      case "EAGAIN":
        return false;
      case "EINTR":
      case "ECONNABORTED": // gone before we came (accept(2))
        return true;
      case "EMFILE":
      case "ENFILE":
      case "ENOBUFS":
      case "ENOMEM":
        this.#readiness?.stop();
        this.#rest = setTimeout(() => this.#watch(), OUT_OF_DESCRIPTORS_REST_MS);
        return false;
      default:
        this.#readiness?.stop();
        this.#options.fail(errnoError("accept4"));
        return false;
    }
  }
}

/** listen(2) with our backlog. @throws the system error */
export function startListening(fd: number): void {
  if (listen(fd, LISTEN_BACKLOG) < 0) throw errnoError("listen");
}
