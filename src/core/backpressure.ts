/**
 * The state of a callee's queue: a promise asks the caller to wait until it resolves, `undefined` means continue.
 * This is the only backpressure rule of the project; nothing else signals "slow down".
 */
export type Backpressure = undefined | Promise<void>;

/** Returns one shared promise while closed, so that a thousand waiting senders cost one object. */
export class Gate {
  #waiting: Promise<void> | undefined;
  #open: (() => void) | undefined;

  get closed(): boolean {
    return this.#waiting !== undefined;
  }

  close(): void {
    this.#waiting ??= new Promise<void>((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open?.();
    this.#open = undefined;
    this.#waiting = undefined;
  }

  pass(): Backpressure {
    return this.#waiting;
  }
}

/** A gate that measures how long it has been closed. */
export class TimedGate extends Gate {
  #closedMs = 0;
  #closedAt: number | undefined;

  /** Total, milliseconds. */
  get closedMs(): number {
    return this.#closedMs + (this.#closedAt === undefined ? 0 : performance.now() - this.#closedAt);
  }

  override close(): void {
    this.#closedAt ??= performance.now();
    super.close();
  }

  override open(): void {
    this.#closedMs = this.closedMs;
    this.#closedAt = undefined;
    super.open();
  }
}
