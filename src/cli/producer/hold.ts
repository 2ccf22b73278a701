import { once } from "node:events";
import type { Readable } from "node:stream";

/**
 * Lets the program that started a producer decide when it begins and when it ends, so that its costs can be read from /proc in
 * between: it says that it is ready, begins when something comes on standard input, and after its last event ends when standard
 * input does.
 */
export class Hold {
  /** Aborts when standard input has ended, as it does when the starter is killed. */
  readonly over: AbortSignal;
  readonly #input: Readable;
  readonly #ready: () => void;
  readonly #stop: AbortSignal;
  readonly #end: Promise<unknown>;

  constructor(input: Readable, { ready, stop }: { ready(): void; stop: AbortSignal }) {
    this.#input = input;
    this.#ready = ready;
    this.#stop = stop;
    const over = new AbortController();
    this.over = over.signal;
    for (const name of ["end", "error"]) input.once(name, () => over.abort());
    this.#end = Promise.race([once(input, "end"), once(input, "error"), stopped(stop)]);
  }

  /** Resolves at the first byte, at the end, or when stopped. */
  async begin(): Promise<void> {
    this.#ready();
    if (this.#stop.aborted) return;
    await Promise.race([once(this.#input, "data"), this.#end]);
    this.#input.resume();
  }

  /** Resolves when standard input has ended, or when stopped. */
  async ended(): Promise<void> {
    await this.#end;
    this.#input.destroy();
  }
}

async function stopped(stop: AbortSignal): Promise<void> {
  if (!stop.aborted) await once(stop, "abort");
}
