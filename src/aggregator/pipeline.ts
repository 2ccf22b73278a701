import type { Acknowledgements } from "../acks/receiving/acknowledgements.ts";
import { type HelloContext, HelloReceiver } from "../acks/receiving/hello-receiver.ts";
import type { Backpressure } from "../core/backpressure.ts";
import type { MessageBatch } from "../core/message-batch.ts";
import { type Peer, UNKNOWN_PEER } from "../core/peer.ts";
import { type EmitBlock, type FramingCounts, framingCounts } from "../framing/framing.ts";
import { MessageFramer } from "../framing/message-framer.ts";
import { StreamFramer } from "../framing/stream-framer.ts";
import type { TailBudget } from "../framing/tail-budget.ts";
import { type Normalizer, type RecordCounts, type RecordOutput, recordCounts } from "../records/normalizer.ts";
import type { Sink } from "../sink/sink.ts";
import type { AnyTransport, Channel, Connection, MessageReceiver, StreamReceiver } from "../transports/transport.ts";
import { ArrivalTime } from "./arrival.ts";
import { FirstLine } from "./first-line.ts";
import { OwnRecords } from "./own-records.ts";
import { type NoteInput, PlainLines } from "./plain-lines.ts";
import { type SenderLines, type SenderRules, Senders } from "./sender-lines.ts";
import type { Flow, Throttle } from "./throttle.ts";

/** Counts of one listener's input. */
export interface PipelineCounts {
  bytes: number;
  readonly framing: FramingCounts;
  readonly records: RecordCounts;
  /** Lines handed to the sink. */
  stored: number;
  /** Lines not stored because their sender sent more than its rate. */
  limited: number;
  /** Channels closed because they began with an HTTP request. */
  httpRequests: number;
}

/** What a pipeline does beside storing lines. */
export interface PipelineOptions {
  /**
   * Called at the first HTTP request; undefined where no HTTP client can connect: requests are not looked for then.
   */
  readonly reportRequest?: (() => void) | undefined;
  /** Undefined: all senders are treated alike, and nobody asks who they are. */
  readonly senders?: SenderRules | undefined;
  /** Whether messages of this sender may be stored. Undefined: all may. */
  readonly allows?: ((peer: Peer, messages: number) => boolean) | undefined;
}

/** What the pipeline needs to know about a transport. */
export type PipelineTransport = Pick<AnyTransport, "name" | "traits">;

/** What all pipelines of an aggregator share. */
export interface SharedStages {
  readonly lineBytesMax: number;
  readonly tails: TailBudget;
  readonly normalizer: Normalizer;
  readonly sink: Sink;
  readonly throttle: Throttle;
  readonly acknowledgements: Acknowledgements;
}

/** Takes one listener's bytes through framing and records to the sink, and counts at each step. */
export class Pipeline {
  readonly counts: PipelineCounts = {
    bytes: 0,
    framing: framingCounts(),
    records: recordCounts(),
    stored: 0,
    limited: 0,
    httpRequests: 0,
  };
  readonly ownRecords: OwnRecords;
  readonly #stages: SharedStages;
  readonly #flow: Flow;
  readonly #helloContext: HelloContext;
  readonly #options: PipelineOptions;
  readonly #senders: Senders | undefined;
  readonly #output: RecordOutput;

  constructor({ name, traits }: PipelineTransport, stages: SharedStages, options: PipelineOptions = {}) {
    this.#stages = stages;
    this.#options = options;
    const arrival = new ArrivalTime();
    this.#output = { store: this.#store, origin: () => `"transport":"${name}","received":"${arrival.now()}"` };
    const { framing, records } = this.counts;
    const limit = (lines: number): void => {
      this.counts.limited += lines;
    };
    this.ownRecords = new OwnRecords(stages.sink);
    const { ownRecords } = this;
    const { normalizer } = stages;
    const flow = { transport: name, normalizer, counts: records, output: this.#output, ownRecords, limit };
    this.#senders = options.senders === undefined ? undefined : new Senders(options.senders, flow);
    this.#helloContext = {
      framing: { transport: name, framing, records, frame: this.#frame },
      acknowledgements: stages.acknowledgements,
      noteInput: this.#noteInput,
    };
    this.#flow = stages.throttle.flow(traits);
  }

  /**
   * Sets how many messages the kernel queues for all senders of this listener; undefined where it limits only their
   * bytes.
   */
  set queuedMessages(count: number | undefined) {
    this.#flow.queuedMessages = count;
  }

  /**
   * A receiver for another stream of this listener. Only the first line of a connection can be something other than a
   * log line.
   */
  stream({ connection }: Channel): StreamReceiver {
    const sender = this.#senders?.of(connection?.peer() ?? UNKNOWN_PEER);
    const plain = new PlainLines(this.#frame(this.counts.framing, sender?.take), this.#noteInput);
    if (connection === undefined) return plain;
    const context = sender === undefined ? this.#helloContext : this.#helloContextOf(sender);
    const hello = (): StreamReceiver => new HelloReceiver(connection, context, plain);
    const report = this.#options.reportRequest;
    if (report === undefined) return new FirstLine(connection, { plain, hello });
    return new FirstLine(connection, { plain, hello, request: () => this.#refuse(connection, report) });
  }

  /** A receiver for the messages of another channel. */
  messages(): MessageReceiver {
    const { framing } = this.counts;
    const frame = (emit: EmitBlock): MessageFramer => new MessageFramer(this.#stages.lineBytesMax, framing, emit);
    const { allows } = this.#options;
    const bySender = this.#senders === undefined && allows === undefined ? undefined : this.#bySender(frame);
    const all = frame(this.#normalize);
    return {
      receiveBatch: (batch) => {
        let bytes = 0;
        for (let i = 0; i < batch.count; i++) bytes += batch.length(i);
        if (bySender === undefined) all.push(batch);
        else bySender(batch);
        return this.#noteInput(bytes, batch.count);
      },
      end: () => {},
    };
  }

  /** Reports what it knows and hasn't reported yet. No input follows. */
  end(): void {
    this.#senders?.end();
  }

  /** Takes the messages of a batch sender by sender, in their order. */
  #bySender(frame: (emit: EmitBlock) => MessageFramer): (batch: MessageBatch) => void {
    let take: EmitBlock = this.#normalize;
    const framer = frame((block) => take(block));
    const { allows } = this.#options;
    return (batch) => {
      for (let from = 0, to = 0; from < batch.count; from = to) {
        const peer = batch.peer?.(from) ?? UNKNOWN_PEER;
        for (to = from + 1; to < batch.count && (batch.peer?.(to) ?? UNKNOWN_PEER) === peer; ) to++;
        if (allows?.(peer, to - from) === false) continue;
        take = this.#senders?.of(peer).take ?? this.#normalize;
        framer.push(batch, from, to);
      }
    };
  }

  /** An acknowledged sender that sends too much waits: an acknowledged line is stored. */
  #helloContextOf(sender: SenderLines): HelloContext {
    const { framing, acknowledgements } = this.#helloContext;
    const noteInput: NoteInput = (bytes, parts) => bothOf(this.#noteInput(bytes, parts), sender.wait());
    const frame = (counts: FramingCounts): StreamFramer => this.#frame(counts, sender.takeAll);
    return { framing: { ...framing, frame }, acknowledgements, noteInput };
  }

  /** Closes a connection that began with an HTTP request, and discards what else it sends. */
  #refuse(connection: Connection, report: () => void): StreamReceiver {
    if (this.counts.httpRequests++ === 0) report();
    connection.close();
    return { receive: (chunk) => this.#noteInput(chunk.length, 1), end: () => {} };
  }

  /**
   * Called after the lines were handed to the sink: no line waits for the counters, and an iteration writes before it
   * sleeps.
   */
  readonly #noteInput: NoteInput = (bytes, parts) => {
    this.counts.bytes += bytes;
    this.#flow.note(bytes, parts);
    return this.#stages.sink.backpressure();
  };

  readonly #frame = (counts: FramingCounts, take: EmitBlock = this.#normalize): StreamFramer =>
    new StreamFramer({ lineBytesMax: this.#stages.lineBytesMax, budget: this.#stages.tails, counts }, take);

  readonly #normalize = (block: Buffer): void => {
    this.#stages.normalizer.normalize(block, this.counts.records, this.#output);
  };

  readonly #store = (lines: Buffer, count: number): void => {
    this.counts.stored += count;
    this.#stages.sink.append(lines, count);
  };
}

function bothOf(one: Backpressure, other: Backpressure): Backpressure {
  if (one === undefined || other === undefined) return one ?? other;
  return Promise.all([one, other]).then(() => {});
}
