import type { Attachment, Collector } from "../collectors/collector.ts";

/** Keeps collectors attached from one traced cell to the next, where attaching takes longer than a cell's programs need to start. */
export class Tracers implements AsyncDisposable {
  readonly #attached = new Map<Collector, Promise<Attachment>>();

  /** The collector as before, except that it is attached when a cell first needs it, and until it is released. */
  keeping(collector: Collector): Collector {
    const { attach } = collector;
    if (attach === undefined) return collector;
    const kept: Collector = {
      ...collector,
      start: async (place) => {
        const attachment = this.#attached.get(kept) ?? attach();
        this.#attached.set(kept, attachment);
        // Another cell may succeed.
        attachment.catch(() => this.#attached.delete(kept));
        return (await attachment).start(place);
      },
    };
    return kept;
  }

  /** Detaches all but these, so that they don't slow down a cell that they don't measure. */
  async releaseOthers(needed: readonly Collector[]): Promise<void> {
    const others = [...this.#attached].filter(([collector]) => !needed.includes(collector));
    for (const [collector] of others) this.#attached.delete(collector);
    await Promise.allSettled(others.map(async ([, one]) => (await one)[Symbol.asyncDispose]()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.releaseOthers([]);
  }
}
