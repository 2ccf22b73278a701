import { setImmediate as nextIteration, setTimeout as pause } from "node:timers/promises";
import { DRAIN_ASK_MS_MAX, DRAIN_MS_MAX } from "../../core/limits.ts";
import { DRAIN_QUIET_ITERATIONS } from "../../core/tuning.ts";
import type { AcceptedChannel } from "./accepted-channel.ts";

/** How often senders are checked for their end, after the first iterations of the event loop. */
const CHECK_MS = 2;

/**
 * Without acknowledgements, a flooding sender's buffer is full within a few ms; until then its bytes can't be counted.
 */
const BLOCKED_MS_MAX = 50;

/** How a transport's connections are ended, so that what a sender's kernel has accepted is read or at least counted. */
export interface ConnectionEnding<C extends AcceptedChannel> {
  /** How long bytes may be in transit between the sender's kernel and this one. */
  readonly transitMs: number;
  /** Asks a sender to stop: either its kernel refuses its next write, or it gets a FIN, which it may ignore. */
  ask(channel: C): void;
  /** Makes our kernel accept nothing more from the sender. What it has accepted can still be read. */
  freeze(fd: number): void;
  /** Left out where our kernel has everything that the sender's kernel has accepted. */
  readonly senderBuffer?: SenderBuffer;
  /** Whether lost bytes are only known as encrypted ones, and count as unknown. */
  readonly isEncrypted?: boolean;
}

/** The sender's end of a frozen connection, which our kernel doesn't see. */
export interface SenderBuffer {
  /** Total bytes that the sender's kernel has accepted from it; null where that can't be known. */
  writtenBytes(fd: number): number | null;
  /** Whether the sender has closed its end, so that what its kernel still has is all; false where that can't be known. */
  isClosed(fd: number): boolean;
  /**
   * Makes the sender's next write fail. @returns the same number for that moment, whether more bytes arrived in it,
   * which are lost too, and whether it took so long that a sender with a full buffer may have written more unnoticed
   */
  reset(fd: number): { readonly writtenBytes: number | null; readonly late: boolean; readonly isSlow: boolean };
}

/** What was last observed of a channel. */
interface Observation {
  bytes: number;
  /** When bytes last arrived. */
  atMs: number;
  /** How often it was checked since then and wasn't waiting. */
  quietChecks: number;
}

/** Ends the channels of a listener that accepts no more connections, and counts what it had to cut. */
export class ChannelEnding<C extends AcceptedChannel> {
  readonly #channels: ReadonlySet<C>;
  readonly #ending: ConnectionEnding<C>;
  readonly #observations = new Map<C, Observation>();
  #cutSenders = 0;
  #cutBytes: number | null = 0;

  constructor(channels: ReadonlySet<C>, ending: ConnectionEnding<C>) {
    this.#channels = channels;
    this.#ending = ending;
  }

  /** Senders that were still writing when they were cut, or that lost bytes. */
  get cutSenders(): number {
    return this.#cutSenders;
  }

  /** Lost bytes; null when the number can't be known for a sender. */
  get cutBytes(): number | null {
    return this.#cutBytes;
  }

  /**
   * Asks every plain sender to stop, and reads until its connection has ended. A sender that has been silent for
   * `transitMs` is cut, and after DRAIN_ASK_MS_MAX all are. Acknowledged senders are read until they are silent, and
   * stay connected. Takes at most DRAIN_MS_MAX.
   *
   * @param acceptRest accepts waiting connections, as many as the limit permits; returns true when none is left
   */
  async run(acceptRest: () => boolean): Promise<void> {
    const startMs = performance.now();
    for (let checks = 0; ; checks++) {
      const complete = acceptRest();
      for (const channel of this.#channels) this.#observe(channel);
      if (complete && this.#openChannels().length === 0) return;
      await (checks < DRAIN_QUIET_ITERATIONS ? nextIteration() : pause(CHECK_MS));
      const silent = this.#openChannels().filter((channel) => this.#isSilent(channel));
      for (const channel of silent) if (!channel.hasReplies) this.#cutSilent(channel);
      const late = performance.now() >= startMs + DRAIN_ASK_MS_MAX;
      if (late) await this.#cutAll(startMs + DRAIN_MS_MAX);
      const over = this.#openChannels().every((channel) => channel.hasReplies && silent.includes(channel));
      if (late || (complete && over)) return;
    }
  }

  #openChannels(): C[] {
    return [...this.#channels].filter((channel) => !channel.isOver);
  }

  /** Asks a new channel's sender to stop. */
  #observe(channel: C): void {
    if (this.#observations.has(channel) || channel.isOver) return;
    this.#observations.set(channel, { bytes: channel.bytes, atMs: performance.now(), quietChecks: 0 });
    if (!channel.hasReplies) this.#ending.ask(channel);
  }

  /**
   * Checks whether nothing has arrived for so long that nothing can be in transit, and, as far as is known, the
   * sender's kernel has nothing left to send.
   */
  #isSilent(channel: C): boolean {
    const last = this.#observations.get(channel);
    if (last === undefined) return false;
    if (channel.bytes !== last.bytes) {
      last.bytes = channel.bytes;
      last.atMs = performance.now();
      last.quietChecks = 0;
    } else if (channel.isWaiting) last.quietChecks = 0;
    else last.quietChecks++;
    return last.quietChecks >= DRAIN_QUIET_ITERATIONS && !this.#isWriting(last) && this.#bytesAhead(channel) === 0;
  }

  #isWriting(last: Observation): boolean {
    return performance.now() - last.atMs < this.#ending.transitMs;
  }

  /** Ends one silent channel. Its sender may write at this very moment, so this is quick. */
  #cutSilent(channel: C): void {
    this.#ending.freeze(channel.fd);
    const rest = channel.readRest();
    if (rest === "empty") this.#reset(channel, 0);
    else if (rest === "ended") channel.cut();
  }

  /**
   * Ends all plain channels. Those of senders that have stopped, as they were asked to, are read to their end while time is left:
   * beside senders that write on, their last bytes may still be in their kernel.
   */
  async #cutAll(untilMs: number): Promise<void> {
    const channels = this.#openChannels().filter(({ hasReplies }) => !hasReplies);
    const ending = new Set(channels.filter(({ fd }) => this.#ending.senderBuffer?.isClosed(fd) === true));
    await this.#cut(
      channels.filter((channel) => !ending.has(channel)),
      untilMs,
    );
    const left = (): C[] => [...ending].filter(({ isOver }) => !isOver);
    while (left().length > 0 && performance.now() < untilMs) await pause(CHECK_MS);
    await this.#cut(left(), untilMs);
  }

  /** What our kernel has accepted is read until then; what is left of it, and what it hasn't accepted, is lost. */
  async #cut(channels: readonly C[], untilMs: number): Promise<void> {
    for (const channel of channels) this.#ending.freeze(channel.fd);
    const paused = await this.#readRest(channels, untilMs);
    await this.#untilBlocked(channels);
    for (const channel of channels) {
      if (!channel.isOver) this.#reset(channel, paused.has(channel) ? channel.dropRest() : 0);
    }
  }

  /** @param dropped bytes of the channel that were read and dropped */
  #reset(channel: C, dropped: number): void {
    const reset = this.#ending.senderBuffer?.reset(channel.fd);
    channel.cut();
    if (reset === undefined) this.#count(channel, dropped, dropped > 0);
    else {
      const lost = reset.writtenBytes === null ? null : reset.writtenBytes - channel.bytes;
      const isLoss = reset.late || (lost ?? 0) > 0;
      this.#count(channel, reset.late || (isLoss && reset.isSlow) ? null : lost, isLoss);
    }
  }

  /** @returns the channels whose receivers were still asking for a pause at the end */
  async #readRest(channels: readonly C[], untilMs: number): Promise<Set<C>> {
    for (let paused = new Set(channels); ; await pause(CHECK_MS)) {
      for (const channel of paused) {
        const rest = channel.isOver ? "ended" : channel.readRest();
        if (rest === "ended") channel.cut();
        if (rest !== "paused") paused.delete(channel);
      }
      if (paused.size === 0 || performance.now() >= untilMs) return paused;
    }
  }

  #count(channel: C, bytes: number | null, isLoss: boolean): void {
    const last = this.#observations.get(channel);
    if (isLoss || (last !== undefined && this.#isWriting(last))) this.#cutSenders++;
    const lost = isLoss && this.#ending.isEncrypted === true ? null : bytes;
    this.#cutBytes = lost === null || this.#cutBytes === null ? null : this.#cutBytes + lost;
  }

  /**
   * Waits until senders are blocked by their full buffers, which happens soon when nothing is acknowledged any more.
   * Otherwise what a sender writes between the count of its bytes and the reset would be missing from the count. Silent
   * senders have nothing in their buffers and aren't waited for.
   */
  async #untilBlocked(channels: readonly C[]): Promise<void> {
    const deadline = performance.now() + BLOCKED_MS_MAX;
    const ahead = (): number => channels.reduce((sum, channel) => sum + this.#bytesAhead(channel), 0);
    for (let before = 0, now = ahead(); now !== before && performance.now() < deadline; now = ahead()) {
      before = now;
      await pause(CHECK_MS);
    }
  }

  /** Bytes that a sender has written and its receiver hasn't got. */
  #bytesAhead(channel: C): number {
    if (channel.isOver) return 0;
    return (this.#ending.senderBuffer?.writtenBytes(channel.fd) ?? channel.bytes) - channel.bytes;
  }
}
