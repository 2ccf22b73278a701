import type { AggregateEvents, Aggregator } from "../../aggregator/aggregator.ts";
import { countingEvents, eventCounts } from "../../aggregator/event-counts.ts";
import { problemOf } from "../../aggregator/health.ts";
import { type AggregatorState, aggregatorMetrics, DURABLE_SECONDS } from "../../aggregator/metrics.ts";
import type { InetEndpoint } from "../../core/endpoint.ts";
import { Exposition } from "../../metrics/exposition.ts";
import { MetricsServer } from "../../metrics/metrics-server.ts";
import { processMetrics } from "../../metrics/process-metrics.ts";
import type { Durability } from "../../sink/durability.ts";
import { version } from "../run.ts";

/** The options that an aggregator's metrics depend on. */
interface MonitoringOptions {
  readonly durability: Durability;
  readonly queueBytes: number;
}

/** Serves the metrics of an aggregator and its health, from before it listens until it has ended. */
export class Monitoring implements AsyncDisposable {
  readonly #options: MonitoringOptions;
  readonly #counts = eventCounts();
  readonly #exposition: Exposition<AggregatorState>;
  readonly #durable: (seconds: number) => void;
  #server: MetricsServer | undefined;
  #aggregator: Aggregator | undefined;
  #isStopping = false;

  private constructor(options: MonitoringOptions) {
    this.#options = options;
    const definitions = [...aggregatorMetrics(), ...processMetrics("aggregator", version())];
    this.#exposition = new Exposition<AggregatorState>(definitions, () => this.#state());
    this.#durable = this.#exposition.histogram(DURABLE_SECONDS);
  }

  /** @throws OperationalError as MetricsServer.start() */
  static async start(at: InetEndpoint, options: MonitoringOptions): Promise<Monitoring> {
    const monitoring = new Monitoring(options);
    const { contentType } = monitoring.#exposition;
    monitoring.#server = await MetricsServer.start(at, {
      contentType,
      text: () => monitoring.#exposition.text(),
      problem: () => monitoring.#problem(),
    });
    return monitoring;
  }

  /** Where the metrics are. */
  get endpoint(): InetEndpoint {
    if (this.#server === undefined) throw new Error("it has not been started");
    return this.#server.endpoint;
  }

  /** The same events, counted. */
  watch(events: Omit<AggregateEvents, "durable">): AggregateEvents {
    return { ...countingEvents(events, this.#counts), durable: (ms) => this.#durable(ms / 1000) };
  }

  /** It listens. */
  begin(aggregator: Aggregator): void {
    this.#aggregator = aggregator;
  }

  stopping(): void {
    this.#isStopping = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.close();
  }

  #state(): AggregatorState {
    const readings = this.#aggregator?.readings();
    return { readings, events: this.#counts, queueBytesMax: this.#options.queueBytes };
  }

  #problem(): string | undefined {
    if (this.#aggregator === undefined) return "starting";
    return this.#isStopping ? "stopping" : problemOf(this.#aggregator.readings(), this.#options.durability);
  }
}
