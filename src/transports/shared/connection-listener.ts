import { setImmediate as nextIteration } from "node:timers/promises";
import { type Peer, UNKNOWN_PEER } from "../../core/peer.ts";
import { ACCEPTS_PER_ITERATION, DRAIN_QUIET_ITERATIONS } from "../../core/tuning.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import { SOCK_CLOEXEC, SOCK_NONBLOCK } from "../../os/constants.ts";
import { accept4, errnoError, errnoName } from "../../os/libc.ts";
import { Readiness } from "../../os/readiness.ts";
import { waitingConnections } from "../../os/waiting-input.ts";
import type { LeftInQueue, Listener, ListenerSettings, ListenerStats, Listening } from "../transport.ts";
import type { AcceptedChannel } from "./accepted-channel.ts";
import { CommonPause } from "./common-pause.ts";
import type { ConnectionBinding, Openings } from "./connection-binding.ts";
import { ChannelEnding } from "./connection-ending.ts";

/** How long accepting pauses when the process or the system is out of descriptors: senders wait in the backlog. */
const OUT_OF_DESCRIPTORS_PAUSE_MS = 50;

/** The result of accept4(2): a connection, nobody waiting, or no free descriptor. */
type Acceptance = number | "nobody" | "exhausted";

/** An accepted connection. */
export interface Accepted {
  readonly id: number;
  readonly fd: number;
  peer(): Peer;
  /** To be called when the receiver has asked for a pause. */
  onPause(): void;
}

/** How a listener learns who is at the other end of a connection. */
export interface PeerLookup {
  /**
   * Bytes of the address that accept4(2) is asked for: it has one even where the connection was reset before. 0 where
   * senders have none (AF_UNIX); accept4(2) would fail there, and drop the connection, when its sender has gone.
   */
  readonly addressBytes: number;
  of(fd: number, address: Buffer): Peer;
}

/** What a listener does with the connections it accepts. */
interface Connections<C extends AcceptedChannel> {
  /** Makes the channel, which owns the descriptor from then on. */
  open(accepted: Accepted): C;
  readonly peers: PeerLookup;
  /** Left out where a connection is ready at once. While this is full, senders wait in the backlog. */
  readonly openings?: Openings;
}

/** What transports with a connection per sender have in common: accepting, one channel per connection, ending them. */
export class ConnectionListener<C extends AcceptedChannel> implements Listener {
  readonly #settings: ListenerSettings;
  readonly #bind: () => Promise<ConnectionBinding<C>>;
  readonly #connections: Connections<C>;
  readonly #channels = new Set<C>();
  #bound: Promise<ConnectionBinding<C>> | undefined;
  #binding: ConnectionBinding<C> | undefined;
  #readiness: Readiness | undefined;
  #acceptPause: NodeJS.Timeout | undefined;
  /** Of the connection that was accepted last. */
  #address: Buffer = Buffer.alloc(0);
  readonly #pause: CommonPause;
  #accepted = 0;
  #refused = 0;
  #leftInQueue: LeftInQueue | undefined;
  #ending: ChannelEnding<C> | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: ListenerSettings, bind: () => Promise<ConnectionBinding<C>>, connections: Connections<C>) {
    this.#settings = settings;
    this.#bind = bind;
    this.#connections = connections;
    this.#pause = new CommonPause(
      this.#channels,
      () => settings.backpressure?.(),
      () => this.#watch(),
    );
    if (connections.openings !== undefined) connections.openings.onFree = () => this.#watch();
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
    return { senders: this.#channels.size, ...counts, kernelDrops: 0, leftInQueue: this.#leftInQueue };
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
    if (binding.isInherited) await this.#endAccepted(binding);
    else await this.#endChannels(binding);
    await Promise.all([...this.#channels].filter(({ isOver }) => isOver).map(({ closed }) => closed));
    if (this.#channels.size === 0) return;
    for (const channel of this.#channels) channel.stop();
    await this.#settings.flush?.();
    await Promise.all([...this.#channels].map((channel) => channel.finish()));
  }

  /** Senders that connect while no channel is read, or too many aren't ready yet, wait in the backlog. */
  #watch(): void {
    if (this.#pause.isOn || this.#isFull) this.#readiness?.stop();
    else this.#readiness?.start();
  }

  get #isFull(): boolean {
    return this.#connections.openings?.isFull === true;
  }

  /** Leaves the backlog to the next process that accepts; a sender that reconnects at once waits there. */
  async #endAccepted(binding: ConnectionBinding<C>): Promise<void> {
    this.#ending = new ChannelEnding(this.#channels, binding.ending);
    await this.#ending.run(() => true);
    this.#leftInQueue = { unit: "connections", count: waitingConnections(binding.fd) };
    closeDescriptor(binding.fd);
  }

  /**
   * Reads what senders' kernels have accepted, including senders in the backlog. Afterwards only acknowledged senders
   * are connected.
   */
  async #endChannels(binding: ConnectionBinding<C>): Promise<void> {
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
      closeDescriptor(binding.fd);
      listening = false;
      return true;
    });
    if (!listening) return;
    for (let fd = this.#accept(binding); typeof fd === "number"; fd = this.#accept(binding)) this.#refuse(fd);
    closeDescriptor(binding.fd);
  }

  #acceptSome(binding: ConnectionBinding<C>): void {
    this.#pause.check();
    if (this.#pause.isOn) return;
    for (let i = 0; i < ACCEPTS_PER_ITERATION && !this.#isFull; i++) {
      const fd = this.#accept(binding);
      if (fd === "exhausted") this.#pauseAccepting();
      if (typeof fd !== "number") return;
      if (this.#channels.size < this.#settings.connectionsMax) this.#open(binding, fd);
      else this.#refuse(fd);
    }
    this.#watch();
  }

  /** Accepts as many as connectionsMax permits; at shutdown others end soon. @returns whether nobody waits any more */
  #acceptAll(binding: ConnectionBinding<C>): boolean {
    while (this.#channels.size < this.#settings.connectionsMax && !this.#isFull) {
      const fd = this.#accept(binding);
      if (typeof fd !== "number") return fd === "nobody";
      this.#open(binding, fd);
    }
    return false;
  }

  #open(binding: ConnectionBinding<C>, fd: number): void {
    const { gate } = this.#settings;
    const { open, peers } = this.#connections;
    const address = this.#address;
    const peerOf = (): Peer => peers.of(fd, address);
    const peer = gate === undefined ? UNKNOWN_PEER : peerOf();
    if (gate?.enter(peer) === false) {
      closeDescriptor(fd);
      return;
    }
    binding.prepare(fd);
    this.#accepted++;
    const channel = open({ id: this.#accepted, fd, peer: peerOf, onPause: () => this.#pause.check() });
    this.#channels.add(channel);
    if (this.#pause.isOn) channel.pause();
    void channel.closed.then(() => {
      this.#channels.delete(channel);
      gate?.leave(peer);
    });
  }

  #refuse(fd: number): void {
    this.#refused++;
    closeDescriptor(fd);
  }

  #accept(binding: ConnectionBinding<C>): Acceptance {
    for (;;) {
      const fd = this.#acceptFrom(binding.fd);
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
          this.#settings.fail(errnoError("accept4"));
          return "nobody";
      }
    }
  }

  #acceptFrom(listener: number): number {
    const { addressBytes } = this.#connections.peers;
    if (addressBytes === 0) return accept4(listener, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
    this.#address = Buffer.alloc(addressBytes);
    return accept4(listener, this.#address, Uint32Array.of(addressBytes), SOCK_NONBLOCK | SOCK_CLOEXEC);
  }

  #pauseAccepting(): void {
    this.#readiness?.stop();
    this.#acceptPause = setTimeout(() => this.#watch(), OUT_OF_DESCRIPTORS_PAUSE_MS);
  }
}
