import type { ListenerCertificates, TlsSettings } from "../core/certificates.ts";
import { type Endpoint, formatAddress, isPathEndpoint } from "../core/endpoint.ts";
import { TLS_HANDSHAKE_MS_MAX } from "../core/limits.ts";
import type { PathAccess } from "../core/path-access.ts";
import { type Peer, senderName } from "../core/peer.ts";
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
import { Admission, type AdmissionRules, NOBODY_REFUSED, type Refusal } from "./admission.ts";
import { Firsts } from "./firsts.ts";
import { inheritedWarnings } from "./inherited-endpoints.ts";
import { Pipeline, type SharedStages } from "./pipeline.ts";
import type { Protection } from "./protection.ts";
import type { SenderRules } from "./sender-lines.ts";
import { unreachableBy } from "./socket-access.ts";

export interface SourceOptions {
  /** Who may send. Undefined: everybody who can. */
  readonly admission: AdmissionRules | undefined;
  readonly senders: SenderRules | undefined;
  readonly access: PathAccess | undefined;
  /** A descriptor that is bound to the endpoint already. */
  readonly inherited: number | undefined;
  readonly protection: Protection;
  readonly receiveBufferBytes: number;
  readonly connectionsMax: number;
  fail(error: Error): void;
  /** The first HTTP request arrived, and its connection was closed. */
  httpRequest(endpoint: Endpoint): void;
  /** A sender was turned away. Called for the first connection or message of each. */
  refused(endpoint: Endpoint, refusal: Refusal, peer: Peer): void;
  /** A TLS handshake failed. Called for the first one of each sender and reason. */
  handshakeFailed(endpoint: Endpoint, reason: string, peer: Peer): void;
}

/** One listening endpoint of an aggregator: its listener, its pipeline, and the counters of both. */
export class Source {
  readonly #transport: AnyTransport;
  readonly #pipeline: Pipeline;
  readonly #listener: Listener;
  readonly #access: PathAccess | undefined;
  readonly #isInherited: boolean;
  readonly #admission: Admission | undefined;
  #endpoint: Endpoint;

  constructor(endpoint: Endpoint, stages: SharedStages, options: SourceOptions) {
    const transport = transportOf(endpoint);
    this.#transport = transport;
    this.#endpoint = endpoint;
    this.#access = options.access;
    this.#isInherited = options.inherited !== undefined;
    const { admission, senders } = options;
    if (admission !== undefined) {
      const report = (refusal: Refusal, peer: Peer): void => options.refused(this.#endpoint, refusal, peer);
      this.#admission = new Admission(admission, report);
    }
    const isRestricted = admission?.uids !== undefined || admission?.gids !== undefined;
    this.#pipeline = new Pipeline(transport, stages, {
      reportRequest: isPathEndpoint(endpoint) ? undefined : () => options.httpRequest(this.#endpoint),
      senders,
      allows: isRestricted ? this.#admission?.allows : undefined,
    });
    this.#listener = this.#createListener({
      connectionsMax: options.connectionsMax,
      access: options.access,
      inherited: options.inherited,
      gate: this.#admission,
      insecure: options.protection.insecure,
      tls: this.#tls(options),
      identifies: isRestricted || senders !== undefined,
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
    const warningsOf = this.#isInherited ? inheritedWarnings : unreachableBy;
    const warnings = [...(listening.warnings ?? []), ...warningsOf(listening.endpoint, this.#access)];
    return { ...listening, isInherited: this.#isInherited, warnings };
  }

  stats(): ListenerStats {
    return this.#listener.stats();
  }

  /** Records of its own that the sink couldn't write. */
  get ownUnwritten(): number {
    return this.#pipeline.ownRecords.unwritten;
  }

  /** Uses other certificates for further connections, where TLS is spoken. */
  renew(certificates: ListenerCertificates): void {
    this.#listener.renew?.(certificates);
  }

  async close(): Promise<void> {
    await this.#listener.close();
    this.#pipeline.end();
  }

  ledger(): TransportLedger {
    const { bytes, framing, records, stored, limited, httpRequests } = this.#pipeline.counts;
    const listener = this.#listener.stats();
    const { accepted, refused, failedHandshakes = 0, cutSenders, cutBytes, kernelDrops, leftInQueue } = listener;
    return {
      transport: this.#transport.name,
      address: formatAddress(this.#endpoint),
      received: records.checked + limited + framing.oversize + framing.shed + framing.truncated + framing.partial,
      receivedBytes: bytes,
      stored,
      wrapped: records.wrapped,
      unterminated: framing.unterminated,
      blank: records.blank,
      oversize: framing.oversize,
      shed: framing.shed,
      truncated: framing.truncated,
      partial: framing.partial,
      limited,
      emptyMessages: framing.emptyMessages,
      accepted,
      refused,
      ...(this.#admission?.counts ?? NOBODY_REFUSED),
      httpRequests,
      failedHandshakes,
      cutSenders,
      cutBytes,
      kernelDrops,
      ...(leftInQueue === undefined ? {} : { leftInQueue }),
    };
  }

  #tls({ protection: { tls }, handshakeFailed }: SourceOptions): TlsSettings | undefined {
    if (tls === undefined) return undefined;
    const reported = new Firsts();
    return {
      certificates: tls.certificates,
      handshakeMsMax: TLS_HANDSHAKE_MS_MAX,
      failed: (reason, peer) => {
        if (reported.isFirst(`${senderName(peer)} ${reason}`)) handshakeFailed(this.#endpoint, reason, peer);
      },
    };
  }

  #createListener(settings: ListenerSettings): Listener {
    const transport = this.#transport;
    return isStream(transport)
      ? transport.createListener(this.#endpoint, { ...settings, accept: (channel) => this.#pipeline.stream(channel) })
      : transport.createListener(this.#endpoint, { ...settings, accept: () => this.#pipeline.messages() });
  }
}
