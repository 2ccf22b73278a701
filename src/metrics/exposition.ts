import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Definition, HistogramDefinition } from "./definition.ts";

/** The metrics of one program in Prometheus's text format. */
export class Exposition<State> {
  readonly #registry = new Registry();
  readonly #read: () => State;
  #state: State | undefined;

  /** @param read called once for each text */
  constructor(definitions: readonly Definition<State>[], read: () => State) {
    this.#read = read;
    for (const definition of definitions) this.#register(definition);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Adds a histogram. @returns what counts a duration, seconds */
  histogram({ name, help, buckets }: HistogramDefinition): (seconds: number) => void {
    const histogram = new Histogram({ name, help, buckets: [...buckets], registers: [this.#registry] });
    return (seconds) => histogram.observe(seconds);
  }

  async text(): Promise<string> {
    this.#state = this.#read();
    return await this.#registry.metrics();
  }

  #register({ name, type, help, labels = [], read }: Definition<State>): void {
    const metric = new (type === "counter" ? Counter : Gauge)({
      name,
      help,
      labelNames: [...labels],
      registers: [this.#registry],
      collect: () => {
        metric.reset();
        // Without labels it would otherwise show the 0 that it begins with.
        if (labels.length === 0) metric.remove();
        if (this.#state === undefined) return;
        for (const { labels: own = {}, value } of read(this.#state)) if (value !== null) metric.inc(own, value);
      },
    });
  }
}
