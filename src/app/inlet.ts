import { type Endpoint, formatAddress } from "../core/endpoint.ts";
import type { TailBudget } from "../framing/tail-budget.ts";
import type { TransportLedger } from "../ledger/ledger.ts";
import type { Admission } from "../records/admission.ts";
import type { Sink } from "../sink/sink.ts";
import type { Listener, ListenerStats, Listening, Transport } from "../transports/transport.ts";
import { Intake } from "./intake.ts";

export interface InletLimits {
  readonly lineBytesMax: number;
  readonly receiveBufferBytes: number;
  readonly connectionsMax: number;
}

/** What all inlets of an aggregator share. */
export interface InletRoad {
  readonly tails: TailBudget;
  readonly admission: Admission;
  readonly sink: Sink;
  fail(error: Error): void;
}

/** One endpoint of an aggregator: its listener, the road to the sink, and the account of both. */
export class Inlet {
  readonly #transport: Transport;
  readonly #intake: Intake;
  readonly #listener: Listener;
  #endpoint: Endpoint;

  constructor(transport: Transport, endpoint: Endpoint, limits: InletLimits, road: InletRoad) {
    this.#transport = transport;
    this.#endpoint = endpoint;
    this.#intake = new Intake(transport.traits, limits.lineBytesMax, road.tails, road.admission, road.sink);
    this.#listener = transport.createListener(endpoint, {
      accept: () => this.#intake.accept(),
      connectionsMax: limits.connectionsMax,
      receiveBufferBytes: limits.receiveBufferBytes,
      messageBytesMax: limits.lineBytesMax + 1,
      fail: road.fail,
    });
  }

  async listen(): Promise<Listening> {
    const listening = await this.#listener.listen();
    this.#endpoint = listening.endpoint;
    return listening;
  }

  stats(): ListenerStats {
    return this.#listener.stats();
  }

  close(): Promise<void> {
    return this.#listener.close();
  }

  ledger(): TransportLedger {
    const { bytes, framing, records, stored } = this.#intake.counts;
    const { accepted, refused, kernelDrops } = this.#listener.stats();
    return {
      transport: this.#transport.name,
      address: formatAddress(this.#endpoint),
      received: records.checked + framing.oversize + framing.shed + framing.truncated,
      receivedBytes: bytes,
      stored,
      wrapped: records.wrapped,
      unterminated: framing.unterminated,
      blank: records.blank,
      oversize: framing.oversize,
      shed: framing.shed,
      truncated: framing.truncated,
      emptyMessages: framing.emptyMessages,
      accepted,
      refused,
      kernelDrops,
    };
  }
}
