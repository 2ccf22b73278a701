import type { Backpressure } from "../../core/backpressure.ts";
import type { StreamChannel } from "./stream-channel.ts";

/**
 * Stops all channels of a listener while nobody's input has room. A receiver's own pause stops only its channel, and each of thousands
 * would bring one more chunk before it heard of it.
 */
export class CommonPause {
  readonly #channels: Set<StreamChannel>;
  readonly #room: () => Backpressure;
  readonly #changed: () => void;
  #isOn = false;

  /**
   * @param channels is brought into the order in which they are served
   * @param room a promise while there is none
   * @param changed called when the pause begins and when it is over
   */
  constructor(channels: Set<StreamChannel>, room: () => Backpressure, changed: () => void) {
    this.#channels = channels;
    this.#room = room;
    this.#changed = changed;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Asks whether there is room. To be called when a channel was paused, and before a new one is read. */
  look(): void {
    const room = this.#isOn ? undefined : this.#room();
    if (room === undefined) return;
    this.#isOn = true;
    for (const channel of this.#channels) channel.hold();
    this.#changed();
    void room.then(() => this.#end());
  }

  /** Whoever has brought nothing for longest comes first, for the kernel reports them in this order and room may not last for all. */
  #end(): void {
    this.#isOn = false;
    const fed = [...this.#channels].filter((channel) => channel.wasFed());
    for (const channel of fed) {
      this.#channels.delete(channel);
      this.#channels.add(channel);
    }
    for (const channel of this.#channels) channel.release();
    this.#changed();
  }
}
