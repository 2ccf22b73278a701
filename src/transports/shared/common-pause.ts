import type { Backpressure } from "../../core/backpressure.ts";
import type { AcceptedChannel } from "./accepted-channel.ts";

/**
 * Pauses all channels of a listener while the listener's backpressure asks for it. A receiver's own pause stops only
 * its channel, so each of thousands of channels would bring one more chunk before it is paused.
 */
export class CommonPause {
  readonly #channels: Set<AcceptedChannel>;
  readonly #backpressure: () => Backpressure;
  readonly #changed: () => void;
  #isOn = false;

  /**
   * @param channels reordered: the order in which they are resumed
   * @param backpressure returns a promise while no channel may be read
   * @param changed called when the pause begins and when it ends
   */
  constructor(channels: Set<AcceptedChannel>, backpressure: () => Backpressure, changed: () => void) {
    this.#channels = channels;
    this.#backpressure = backpressure;
    this.#changed = changed;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Checks the backpressure. Call it when a channel has paused, and before a new channel is read. */
  check(): void {
    const backpressure = this.#isOn ? undefined : this.#backpressure();
    if (backpressure === undefined) return;
    this.#isOn = true;
    for (const channel of this.#channels) channel.pause();
    this.#changed();
    void backpressure.then(() => this.#end());
  }

  /**
   * Channels that have been read least recently are resumed first: the kernel reports them in this order, and the next
   * pause may begin before all of them have been read.
   */
  #end(): void {
    this.#isOn = false;
    const active = [...this.#channels].filter((channel) => channel.wasActive());
    for (const channel of active) {
      this.#channels.delete(channel);
      this.#channels.add(channel);
    }
    for (const channel of this.#channels) channel.resume();
    this.#changed();
  }
}
