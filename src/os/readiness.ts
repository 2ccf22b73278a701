import koffi from "koffi";

type PollHandle = ReturnType<typeof koffi.node.poll>;

/**
 * Watches one descriptor on Node's own event loop (uv_poll, level triggered): no worker thread, no polling.
 * The descriptor stays the caller's; close() must come before it is closed.
 *
 * koffi runs the callback without draining microtasks afterwards and queue a throw into a fatal error without a stack,
 * so this class hands both over to the loop: errors are rethrown from a setImmediate, and promises settled in the
 * callback are served by the setImmediate that every turn with input arms.
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
      // Also keeps this object, and with it koffi's handle, from being collected while it is watching.
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
    this.#handle = koffi.node.poll(fd, this.#events, this.#onReady);
    this.#handle.stop();
  }

  start(): void {
    if (this.#watching || this.#closed) return;
    this.#watching = true;
    this.#handle.start(this.#events, this.#onReady);
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
