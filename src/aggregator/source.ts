import { type Endpoint, formatAddress, isPathEndpoint } from "../core/endpoint.ts";
import type { TransportLedger } from "../ledger/ledger.ts";
import {
  type AnyTransport,
  isStream,
  type Listener,
  type ListenerSettings,
  type ListenerStats,
  type Listening,
} from "../transports/transport.ts";
import { Intake, type SharedRoad } from "./pipeline.ts";

export interface InletOptions {
  readonly receiveBufferBytes: number;
  readonly messageQueue: number | undefined;
  readonly connectionsMax: number;
  fail(error: Error): void;
  /** The first HTTP request has come, and its connection was closed. */
  httpRequest(endpoint: Endpoint): void;
}

/** One endpoint of an aggregator: its listener, the road to the sink, and the account of both. */
export class Inlet {
  readonly #transport: AnyTransport;
  readonly #intake: Intake;
  readonly #listener: Listener;
  #endpoint: Endpoint;

  constructor(transport: AnyTransport, endpoint: Endpoint, road: SharedRoad, options: InletOptions) {
    this.#transport = transport;
    this.#endpoint = endpoint;
    const tellRequest = isPathEndpoint(endpoint) ? undefined : () => options.httpRequest(this.#endpoint);
    this.#intake = new Intake(transport, road, tellRequest);
    this.#listener = this.#createListener({
      connectionsMax: options.connectionsMax,
      receiveBufferBytes: options.receiveBufferBytes,
      messageQueue: options.messageQueue,
      messageBytesMax: road.lineBytesMax + 1,
      backpressure: () => road.sink.room(),
      settle: () => road.sink.settle(),
      fail: options.fail,
    });
  }

  async listen(): Promise<Listening> {
    const listening = await this.#listener.listen();
    this.#endpoint = listening.endpoint;
    this.#intake.holds(listening.holds);
    return listening;
  }

  stats(): ListenerStats {
    return this.#listener.stats();
  }

  close(): Promise<void> {
    return this.#listener.close();
  }

  ledger(): TransportLedger {
    const { bytes, framing, records, stored, httpRequests } = this.#intake.counts;
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
      ? transport.createListener(this.#endpoint, { ...settings, accept: (channel) => this.#intake.stream(channel) })
      : transport.createListener(this.#endpoint, { ...settings, accept: () => this.#intake.messages() });
  }
}
