import { type Endpoint, formatAddress, isPathEndpoint } from "../core/endpoint.ts";
import type { PathAccess } from "../core/path-access.ts";
import type { TransportLedger } from "../ledger/ledger.ts";
import { transportOf } from "../transports/registry.ts";
import {
  type AnyTransport,
  isStream,
  type Listener,
  type ListenerSettings,
  type ListenerStats,
  type Listening,
} from "../transports/transport.ts";
import { Pipeline, type SharedStages } from "./pipeline.ts";
import { unreachableBy } from "./socket-access.ts";

export interface SourceOptions {
  readonly access: PathAccess | undefined;
  readonly receiveBufferBytes: number;
  readonly connectionsMax: number;
  fail(error: Error): void;
  /** The first HTTP request arrived, and its connection was closed. */
  httpRequest(endpoint: Endpoint): void;
}

/** One listening endpoint of an aggregator: its listener, its pipeline, and the counters of both. */
export class Source {
  readonly #transport: AnyTransport;
  readonly #pipeline: Pipeline;
  readonly #listener: Listener;
  readonly #access: PathAccess | undefined;
  #endpoint: Endpoint;

  constructor(endpoint: Endpoint, stages: SharedStages, options: SourceOptions) {
    const transport = transportOf(endpoint);
    this.#transport = transport;
    this.#endpoint = endpoint;
    this.#access = options.access;
    const reportRequest = isPathEndpoint(endpoint) ? undefined : () => options.httpRequest(this.#endpoint);
    this.#pipeline = new Pipeline(transport, stages, reportRequest);
    this.#listener = this.#createListener({
      connectionsMax: options.connectionsMax,
      access: options.access,
      receiveBufferBytes: options.receiveBufferBytes,
      messageBytesMax: stages.lineBytesMax + 1,
      backpressure: () => stages.sink.backpressure(),
      flush: () => stages.sink.flush(),
      fail: options.fail,
    });
  }

  /** Where it listens; before listen() where it is to. */
  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  async listen(): Promise<Listening> {
    const listening = await this.#listener.listen();
    this.#endpoint = listening.endpoint;
    this.#pipeline.queuedMessages = listening.queuedMessages;
    const unreachable = unreachableBy(listening.endpoint, this.#access);
    return { ...listening, warnings: [...(listening.warnings ?? []), ...unreachable] };
  }

  stats(): ListenerStats {
    return this.#listener.stats();
  }

  close(): Promise<void> {
    return this.#listener.close();
  }

  ledger(): TransportLedger {
    const { bytes, framing, records, stored, httpRequests } = this.#pipeline.counts;
    const { accepted, refused, cutSenders, cutBytes, kernelDrops } = this.#listener.stats();
    return {
      transport: this.#transport.name,
      address: formatAddress(this.#endpoint),
      received: records.checked + framing.oversize + framing.shed + framing.truncated + framing.partial,
      receivedBytes: bytes,
      stored,
      wrapped: records.wrapped,
      unterminated: framing.unterminated,
      blank: records.blank,
      oversize: framing.oversize,
      shed: framing.shed,
      truncated: framing.truncated,
      partial: framing.partial,
      emptyMessages: framing.emptyMessages,
      accepted,
      refused,
      httpRequests,
      cutSenders,
      cutBytes,
      kernelDrops,
    };
  }

  #createListener(settings: ListenerSettings): Listener {
    const transport = this.#transport;
    return isStream(transport)
      ? transport.createListener(this.#endpoint, { ...settings, accept: (channel) => this.#pipeline.stream(channel) })
      : transport.createListener(this.#endpoint, { ...settings, accept: () => this.#pipeline.messages() });
  }
}
