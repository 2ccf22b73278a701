import { setImmediate as nextIteration, setTimeout as pause } from "node:timers/promises";
import { DRAIN_ASK_MS_MAX, DRAIN_MS_MAX } from "../../core/limits.ts";
import { DRAIN_QUIET_ITERATIONS } from "../../core/tuning.ts";
import type { AcceptedChannel } from "./accepted-channel.ts";

/** How often is looked whether senders have come to their end, once the first turns of the loop are over. */
const LOOK_MS = 2;

/** A flooding sender's buffer is full within a few ms when nothing is acknowledged; until then its bytes can't be counted. */
const BLOCKED_MS_MAX = 50;

/** How connections of one kind are ended, so that what a sender's kernel has accepted is read or at least counted. */
export interface ConnectionEnding<C extends AcceptedChannel> {
  /** How long bytes may be on their way between the sender's kernel and ours. */
  readonly transitMs: number;
  /** Tells a sender to stop. Either its kernel refuses its next write, or it is sent a FIN, which it may ignore. */
  ask(channel: C): void;
  /** From now on our kernel takes nothing more from the sender. What it has taken can still be read. */
  freeze(fd: number): void;
  /** Left out where our kernel has taken whatever the sender's has. */
  readonly senderBuffer?: SenderBuffer;
}

/** The part of a frozen connection that our kernel doesn't see. */
export interface SenderBuffer {
  /** Bytes that the sender's kernel has taken from it in all; null where it can't be known. */
  writtenBytes(fd: number): number | null;
  /**
   * Makes the sender's next write fail. @returns the same number for that moment, and whether more came in it, which is
   * lost too
   */
  reset(fd: number): { readonly writtenBytes: number | null; readonly late: boolean };
}

/** What a channel was last seen to do. */
interface Sight {
  bytes: number;
  /** When bytes last came. */
  atMs: number;
  /** How often it was looked at since, and wasn't waiting. */
  looks: number;
}

/** Ends the channels of a listener that takes no more connections, and counts what it had to cut. */
export class ChannelEnding<C extends AcceptedChannel> {
  readonly #channels: ReadonlySet<C>;
  readonly #ending: ConnectionEnding<C>;
  readonly #sights = new Map<C, Sight>();
  #cutSenders = 0;
  #cutBytes: number | null = 0;

  constructor(channels: ReadonlySet<C>, ending: ConnectionEnding<C>) {
    this.#channels = channels;
    this.#ending = ending;
  }

  /** Senders that were still writing when they were cut, or of which bytes were lost. */
  get cutSenders(): number {
    return this.#cutSenders;
  }

  /** Bytes that were lost; null when that can't be known of a sender. */
  get cutBytes(): number | null {
    return this.#cutBytes;
  }

  /**
   * Asks every plain sender to stop, and reads until its connection has ended. One that has been silent for the time of
   * transit is cut, and after DRAIN_ASK_MS_MAX all are. Acknowledged senders are read until they are silent, and stay
   * connected. Takes DRAIN_MS_MAX at most.
   *
   * @param acceptRest makes channels of connections that wait to be accepted, as many as there is room for; true when
   * none is left
   */
  async run(acceptRest: () => boolean): Promise<void> {
    const startMs = performance.now();
    for (let looks = 0; ; looks++) {
      const complete = acceptRest();
      for (const channel of this.#channels) this.#meet(channel);
      if (complete && this.#present().length === 0) return;
      await (looks < DRAIN_QUIET_ITERATIONS ? nextIteration() : pause(LOOK_MS));
      const silent = this.#present().filter((channel) => this.#isSilent(channel));
      for (const channel of silent) if (!channel.answered) this.#cutSilent(channel);
      const late = performance.now() >= startMs + DRAIN_ASK_MS_MAX;
      if (late) await this.#cutAll(startMs + DRAIN_MS_MAX);
      const over = this.#present().every((channel) => channel.answered && silent.includes(channel));
      if (late || (complete && over)) return;
    }
  }

  #present(): C[] {
    return [...this.#channels].filter((channel) => !channel.over);
  }

  /** Asks a channel that hasn't been asked. */
  #meet(channel: C): void {
    if (this.#sights.has(channel) || channel.over) return;
    this.#sights.set(channel, { bytes: channel.bytes, atMs: performance.now(), looks: 0 });
    if (!channel.answered) this.#ending.ask(channel);
  }

  /**
   * Looks at a channel: nothing has come for so long that nothing is on its way, and as far as is known the sender's
   * kernel holds nothing.
   */
  #isSilent(channel: C): boolean {
    const sight = this.#sights.get(channel);
    if (sight === undefined) return false;
    if (channel.bytes !== sight.bytes) {
      sight.bytes = channel.bytes;
      sight.atMs = performance.now();
      sight.looks = 0;
    } else if (channel.waiting) sight.looks = 0;
    else sight.looks++;
    return sight.looks >= DRAIN_QUIET_ITERATIONS && !this.#isWriting(sight) && this.#bytesAhead(channel) === 0;
  }

  #isWriting(sight: Sight): boolean {
    return performance.now() - sight.atMs < this.#ending.transitMs;
  }

  /** Ends one silent channel. Its sender may write in this very moment, so the moment is short. */
  #cutSilent(channel: C): void {
    this.#ending.freeze(channel.fd);
    const rest = channel.readRest();
    if (rest === "empty") this.#reset(channel, 0);
    else if (rest === "ended") channel.cut();
  }

  /**
   * Ends all plain channels. What our kernel has taken is read until then; what is left of it, and what it hasn't
   * taken, is lost.
   */
  async #cutAll(untilMs: number): Promise<void> {
    const channels = this.#present().filter(({ answered }) => !answered);
    for (const channel of channels) this.#ending.freeze(channel.fd);
    const paused = await this.#readRest(channels, untilMs);
    await this.#blocked(channels);
    for (const channel of channels) {
      if (!channel.over) this.#reset(channel, paused.has(channel) ? channel.dropRest() : 0);
    }
  }

  /** @param dropped bytes of the channel that were thrown away */
  #reset(channel: C, dropped: number): void {
    const reset = this.#ending.senderBuffer?.reset(channel.fd);
    channel.cut();
    if (reset === undefined) this.#count(channel, dropped, dropped > 0);
    else {
      const lost = reset.writtenBytes === null ? null : reset.writtenBytes - channel.bytes;
      this.#count(channel, reset.late ? null : lost, reset.late || (lost ?? 0) > 0);
    }
  }

  /** @returns channels whose receivers were still asking for a pause in the end */
  async #readRest(channels: readonly C[], untilMs: number): Promise<Set<C>> {
    for (let paused = new Set(channels); ; await pause(LOOK_MS)) {
      for (const channel of paused) {
        const rest = channel.over ? "ended" : channel.readRest();
        if (rest === "ended") channel.cut();
        if (rest !== "paused") paused.delete(channel);
      }
      if (paused.size === 0 || performance.now() >= untilMs) return paused;
    }
  }

  #count(channel: C, bytes: number | null, isLoss: boolean): void {
    const sight = this.#sights.get(channel);
    if (isLoss || (sight !== undefined && this.#isWriting(sight))) this.#cutSenders++;
    this.#cutBytes = bytes === null || this.#cutBytes === null ? null : this.#cutBytes + bytes;
  }

  /**
   * Waits until senders are held up by their own buffers, as they soon are when nothing is acknowledged any more: what
   * one writes between the count of its bytes and the reset is missing from the count. Silent senders have nothing
   * there and aren't waited for.
   */
  async #blocked(channels: readonly C[]): Promise<void> {
    const deadline = performance.now() + BLOCKED_MS_MAX;
    const ahead = (): number => channels.reduce((sum, channel) => sum + this.#bytesAhead(channel), 0);
    for (let before = 0, now = ahead(); now !== before && performance.now() < deadline; now = ahead()) {
      before = now;
      await pause(LOOK_MS);
    }
  }

  /** Bytes that a sender has written and that weren't handed over. */
  #bytesAhead(channel: C): number {
    if (channel.over) return 0;
    return (this.#ending.senderBuffer?.writtenBytes(channel.fd) ?? channel.bytes) - channel.bytes;
  }
}
