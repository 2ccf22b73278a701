import type { Backpressure } from "../../core/backpressure.ts";
import type { AcceptedChannel } from "./accepted-channel.ts";

/**
 * Stops all channels of a listener while all of them are asked to wait. A receiver's own pause stops only its channel, and each of
 * thousands would bring one more chunk before it asked.
 */
export class CommonPause {
  readonly #channels: Set<AcceptedChannel>;
  readonly #backpressure: () => Backpressure;
  readonly #changed: () => void;
  #isOn = false;

  /**
   * @param channels is brought into the order in which they are served
   * @param backpressure a promise while no channel is to be read
   * @param changed called when the pause begins and when it is over
   */
  constructor(channels: Set<AcceptedChannel>, backpressure: () => Backpressure, changed: () => void) {
    this.#channels = channels;
    this.#backpressure = backpressure;
    this.#changed = changed;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Asks for backpressure. To be called when a channel was paused, and before a new one is read. */
  check(): void {
    const backpressure = this.#isOn ? undefined : this.#backpressure();
    if (backpressure === undefined) return;
    this.#isOn = true;
    for (const channel of this.#channels) channel.pause();
    this.#changed();
    void backpressure.then(() => this.#end());
  }

  /**
   * Whoever has brought nothing for longest comes first: the kernel reports them in this order, and the next pause may begin before
   * all have been read.
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
