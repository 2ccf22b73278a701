import { Acknowledgements } from "../acks/receiving/acknowledgements.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { PathAccess } from "../core/path-access.ts";
import type { Peer } from "../core/peer.ts";
import { TailBudget } from "../framing/tail-budget.ts";
import { closeLedger, type Ledger, linesLost } from "../ledger/ledger.ts";
import type { LineCheck } from "../records/line-checker.ts";
import { Normalizer } from "../records/normalizer.ts";
import type { Durability } from "../sink/durability.ts";
import type { FileSink } from "../sink/file-sink.ts";
import type { OutputEvents } from "../sink/output-events.ts";
import type { Repair } from "../sink/repair.ts";
import type { RotationPlan } from "../sink/rotation.ts";
import type { SinkStats } from "../sink/sink.ts";
import type { Listening } from "../transports/transport.ts";
import type { AdmissionRules, Refusal } from "./admission.ts";
import { Failure } from "./failure.ts";
import { openSink } from "./open-sink.ts";
import { type OutputLedger, outputLedger } from "./output-ledger.ts";
import type { SharedStages } from "./pipeline.ts";
import { type Protection, type ProtectionEvents, renewCertificates } from "./protection.ts";
import type { AggregateReadings } from "./readings.ts";
import type { SenderRules } from "./sender-lines.ts";
import { Source } from "./source.ts";
import { Throttle } from "./throttle.ts";

export interface AggregateOptions {
  readonly endpoints: readonly Endpoint[];
  /** Of these, the ones that another program has bound, each with its descriptor. */
  readonly inherited: ReadonlyMap<Endpoint, number>;
  /** Who may use sockets and FIFOs; undefined: only the owner. */
  readonly access: PathAccess | undefined;
  /** Who may send; undefined: everybody who can. */
  readonly admission: AdmissionRules | undefined;
  /** What is done with lines according to who sent them; undefined: nothing, and nobody is asked. */
  readonly senders: SenderRules | undefined;
  /** What protects tcp endpoints. */
  readonly protection: Protection;
  readonly output: string;
  /** Permissions of a new output file. */
  readonly mode: number;
  readonly durability: Durability;
  readonly rotation: RotationPlan;
  /** When the output refuses lines: keep them in memory and let senders wait, or fail with OUTPUT_REFUSED. */
  readonly onFull: "wait" | "exit";
  readonly check: LineCheck;
  readonly lineBytesMax: number;
  readonly queueBytesMax: number;
  readonly receiveBufferBytes: number;
  /** Whether the event loop sleeps briefly when it is busy, see Throttle. */
  readonly isThrottled: boolean;
  /** Most connections of one endpoint at one time. */
  readonly connectionsMax: number;
}

/** What happens while the aggregator runs, reported as it happens. */
export interface AggregateEvents extends OutputEvents, ProtectionEvents {
  /**
   * An incomplete last line, left by a crash or by the program that replaced the output, was moved out of the output.
   */
  repaired(repair: Repair): void;
  listening(endpoint: Endpoint, listening: Listening): void;
  /** This endpoint received its first HTTP request, and the connection was closed. Further ones are only counted. */
  httpRequest(endpoint: Endpoint): void;
  /** A sender was turned away. Called for the first connection or message of each; further ones are only counted. */
  refused(endpoint: Endpoint, refusal: Refusal, peer: Peer): void;
  /** A forwarder's checkpoint can't be relied on: no rotated file counts as forwarded, until it can. */
  checkpointUnusable(problem: string): void;
  /** The output refuses writes with this errno, or accepts them again (undefined). */
  stalled(errno: string | undefined): void;
  /** The output is standard output, and nobody reads it any more: no further line can be stored. Called once. */
  readerGone(): void;
  /**
   * Lines became as safe as the durability asks for: how long the oldest of those that arrived together had waited,
   * milliseconds. Called at most about 1000 times per second.
   */
  durable?(ms: number): void;
}

export interface AggregateLedger extends Ledger {
  readonly output: OutputLedger;
}

/** A running aggregator as the status line sees it. Totals since start. */
export interface AggregateStatus {
  readonly lines: number;
  readonly bytes: number;
  /** Senders connected now, over the transports that know it. */
  readonly senders: number;
  readonly queuedBytes: number;
  /** Lost lines, and messages dropped by the kernel. */
  readonly dropped: number;
}

/** What the constructor needs. The aggregator owns the sink and closes it. */
interface AggregatorParts {
  readonly sink: FileSink;
  readonly failure: Failure;
}

/**
 * Receives bytes on each endpoint, frames them into blocks of whole lines, checks these, and appends them to one file.
 */
export class Aggregator implements AsyncDisposable {
  readonly #sources: Source[] = [];
  readonly #sink: FileSink;
  readonly #acknowledgements: Acknowledgements;
  readonly #throttle: Throttle;
  readonly #stages: SharedStages;
  readonly #failure: Failure;
  /** Reads the files of the certificates again; connections that exist are left alone. */
  readonly renewCertificates: () => void;
  #closing: Promise<AggregateLedger> | undefined;

  /**
   * Opens the output and listens on every endpoint. If that fails, it closes what it had opened.
   *
   * @throws OperationalError from the output or a listener
   */
  static async start(options: AggregateOptions, events: AggregateEvents): Promise<Aggregator> {
    const failure = new Failure();
    const sink = openSink(options, events, failure.fail);
    let aggregator: Aggregator | undefined;
    try {
      await sink.begin();
      aggregator = new Aggregator(options, events, { sink, failure });
      await aggregator.#listen(events);
      return aggregator;
    } catch (error) {
      await (aggregator ?? sink).close();
      throw error;
    }
  }

  private constructor(options: AggregateOptions, events: AggregateEvents, { sink, failure }: AggregatorParts) {
    this.#failure = failure;
    this.#sink = sink;
    this.renewCertificates = () => renewCertificates(options.protection, this.#sources, events);
    this.#throttle = new Throttle(options.isThrottled);
    const { lineBytesMax } = options;
    this.#acknowledgements = new Acknowledgements(this.#sink, { durability: options.durability.mode, lineBytesMax });
    this.#stages = {
      lineBytesMax,
      tails: new TailBudget(options.queueBytesMax),
      normalizer: new Normalizer(options.check),
      sink: this.#sink,
      throttle: this.#throttle,
      acknowledgements: this.#acknowledgements,
    };
    for (const endpoint of options.endpoints) {
      this.#sources.push(
        new Source(endpoint, this.#stages, {
          access: options.access,
          inherited: options.inherited.get(endpoint),
          admission: options.admission,
          senders: options.senders,
          protection: options.protection,
          handshakeFailed: events.handshakeFailed,
          refused: events.refused,
          receiveBufferBytes: options.receiveBufferBytes,
          connectionsMax: options.connectionsMax,
          fail: failure.fail,
          httpRequest: events.httpRequest,
        }),
      );
    }
  }

  /** Where it listens, in the order in which that was asked for; ports are the real ones. */
  get endpoints(): readonly Endpoint[] {
    return this.#sources.map((source) => source.endpoint);
  }

  /** Rejects when a listener fails, or when the output refuses lines under onFull "exit"; never resolves. */
  failed(): Promise<never> {
    return this.#failure.failed;
  }

  status(): AggregateStatus {
    const ledger = this.ledger();
    return {
      lines: ledger.stored,
      bytes: ledger.transports.reduce((sum, source) => sum + source.receivedBytes, 0),
      senders: this.#sources.reduce((sum, source) => sum + (source.stats().senders ?? 0), 0),
      queuedBytes: this.#sink.stats().bytesQueued,
      dropped: linesLost(ledger),
    };
  }

  /** The ledger so far. Lines that are still being processed are in neither received nor stored. */
  ledger(): AggregateLedger {
    return this.#ledger(this.#sink.stats());
  }

  /** What monitoring shows: all from counters. */
  readings(): AggregateReadings {
    const sink = this.#sink.stats();
    return {
      ledger: this.#ledger(sink),
      connections: this.#sources.map((source) => source.stats().senders),
      queuedBytes: sink.bytesQueued,
      countQueuedLines: () => this.#sink.queuedLines(),
      waitingSeconds: sink.waitingMs / 1000,
    };
  }

  /** Opens the file that the output's name refers to now (logrotate). */
  reopen(): void {
    this.#sink.reopen();
  }

  /** Stops listening, stores what the kernel had accepted, closes the output. Idempotent. */
  close(): Promise<AggregateLedger> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #listen(events: AggregateEvents): Promise<void> {
    for (const source of this.#sources) {
      const listening = await source.listen();
      events.listening(listening.endpoint, listening);
    }
  }

  async #close(): Promise<AggregateLedger> {
    this.#throttle.stop();
    await Promise.all(this.#sources.map((source) => source.close()));
    await this.#sink.close();
    return this.#ledger(this.#sink.stats());
  }

  #ledger(sink: SinkStats): AggregateLedger {
    const ledgers = this.#sources.map((source) => source.ledger());
    const own = this.#sources.reduce((sum, source) => sum + source.ownUnwritten, 0);
    // The sink counts lines that it gives up at its end. Before, its own records only wait.
    const unwritten = Math.max(0, sink.linesUnwritten - own);
    return {
      ...closeLedger(ledgers, unwritten, this.#acknowledgements.suppressed),
      output: outputLedger(sink),
    };
  }
}
