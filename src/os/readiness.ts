import type koffi from "koffi";
import { native } from "./native.ts";

type PollHandle = ReturnType<typeof koffi.node.poll>;

/**
 * Watches one descriptor on Node's own event loop (uv_poll, level-triggered): no worker thread, no polling.
 * The caller owns the descriptor; it must call close() before it closes the descriptor.
 *
 * koffi doesn't drain microtasks after the callback, and turns an exception into a fatal error without a stack. So this
 * class passes both to the event loop: it rethrows errors from a setImmediate, and it sets an empty setImmediate after
 * each callback, after which Node runs the reactions of promises that were resolved in the callback.
 */
export class Readiness {
  #handle: PollHandle;
  #watching = false;
  #closed = false;
  readonly #events: { readable?: boolean; writable?: boolean };
  readonly #onReady: () => void;

  constructor(fd: number, event: "readable" | "writable", onReady: () => void) {
    this.#events = { [event]: true };
    this.#onReady = () => {
      // This reference also keeps this object, and with it koffi's handle, from being collected while it is watching.
      if (this.#closed) return;
      try {
        onReady();
      } catch (error) {
        setImmediate(() => {
          throw error;
        });
        return;
      }
      setImmediate(noop);
    };
    this.#handle = native().node.poll(fd, this.#events, this.#onReady);
    this.#handle.stop();
  }

  start(): void {
    if (this.#watching || this.#closed) return;
    this.#watching = true;
    this.#handle.start(this.#events, this.#onReady);
  }

  /** Watching no longer keeps the program running. */
  unref(): void {
    if (!this.#closed) this.#handle.unref();
  }

  stop(): void {
    if (!this.#watching || this.#closed) return;
    this.#watching = false;
    this.#handle.stop();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handle.close();
  }
}

function noop(): void {}
