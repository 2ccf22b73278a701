import type { InetEndpoint } from "../../core/endpoint.ts";
import type { Engine } from "../../forwarder/engines/engine.ts";
import type { ForwarderEvents } from "../../forwarder/events.ts";
import type { Forwarder } from "../../forwarder/forwarder.ts";
import { ACKNOWLEDGE_SECONDS, type ForwarderState, forwarderMetrics } from "../../forwarder/metrics.ts";
import { Observations } from "../../forwarder/observations.ts";
import { ObservedEngine, Traffic } from "../../forwarder/observed-engine.ts";
import { Exposition } from "../../metrics/exposition.ts";
import { MetricsServer } from "../../metrics/metrics-server.ts";
import { processMetrics } from "../../metrics/process-metrics.ts";
import { version } from "../run.ts";

/** Serves the metrics of a forwarder and its health, until it has ended. */
export class Monitoring implements AsyncDisposable {
  readonly #exposition: Exposition<ForwarderState>;
  readonly #observations = new Observations();
  readonly #traffic: Traffic;
  #server: MetricsServer | undefined;
  #forwarder: Forwarder | undefined;

  private constructor() {
    const definitions = [...forwarderMetrics(), ...processMetrics("forwarder", version())];
    this.#exposition = new Exposition<ForwarderState>(definitions, () => this.#state());
    this.#traffic = new Traffic(this.#exposition.histogram(ACKNOWLEDGE_SECONDS));
  }

  /** @throws OperationalError as MetricsServer.start() */
  static async start(at: InetEndpoint): Promise<Monitoring> {
    const monitoring = new Monitoring();
    monitoring.#server = await MetricsServer.start(at, {
      contentType: monitoring.#exposition.contentType,
      text: () => monitoring.#exposition.text(),
      problem: () => monitoring.#observations.problem(monitoring.#traffic.waitingSeconds),
    });
    return monitoring;
  }

  /** Where the metrics are. */
  get endpoint(): InetEndpoint {
    if (this.#server === undefined) throw new Error("it has not been started");
    return this.#server.endpoint;
  }

  /** The same connections, counted. */
  engine(connect: () => Engine): () => Engine {
    return () => new ObservedEngine(connect(), this.#traffic);
  }

  /** The same events, counted. */
  watch<Events extends ForwarderEvents>(events: Events): Events {
    return this.#observations.watch(events);
  }

  begin(forwarder: Forwarder): void {
    this.#forwarder = forwarder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.close();
  }

  #state(): ForwarderState {
    const { tally, lag } = this.#forwarder ?? { tally: undefined, lag: undefined };
    return { tally, lag, traffic: this.#traffic, observations: this.#observations };
  }
}
