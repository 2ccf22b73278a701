import { compress, prune, type RotationPlan } from "./rotation.ts";

/** Looks after files that rotation has set aside: compresses them one at a time, and removes the oldest. */
export class Archive {
  readonly #path: string;
  readonly #plan: RotationPlan;
  readonly #trouble: (error: unknown) => void;
  readonly #stop = new AbortController();
  #work: Promise<void> = Promise.resolve();

  /** @param trouble a file couldn't be compressed or removed; it stays as it is */
  constructor(path: string, plan: RotationPlan, trouble: (error: unknown) => void) {
    this.#path = path;
    this.#plan = plan;
    this.#trouble = trouble;
  }

  add(aside: string): void {
    this.#work = this.#work
      .then(() => this.#look(aside))
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#trouble(error);
      });
  }

  /** Stops compressing; what isn't compressed stays whole as it is. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#work;
  }

  async #look(aside: string): Promise<void> {
    if (this.#stop.signal.aborted) return;
    if (this.#plan.compress) await compress(aside, this.#stop.signal);
    if (this.#plan.keep !== undefined) prune(this.#path, this.#plan.keep);
  }
}
