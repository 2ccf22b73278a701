import type { Acknowledgements } from "../acks/receiving/acknowledgements.ts";
import { type HelloContext, HelloReceiver } from "../acks/receiving/hello-receiver.ts";
import { type FramingCounts, framingCounts } from "../framing/framing.ts";
import { MessageFramer } from "../framing/message-framer.ts";
import { StreamFramer } from "../framing/stream-framer.ts";
import type { TailBudget } from "../framing/tail-budget.ts";
import { type Normalizer, type RecordCounts, recordCounts } from "../records/normalizer.ts";
import type { Sink } from "../sink/sink.ts";
import type { AnyTransport, Channel, Connection, MessageReceiver, StreamReceiver } from "../transports/transport.ts";
import { FirstLine } from "./first-line.ts";
import { type NoteInput, PlainLines } from "./plain-lines.ts";
import type { Flow, Throttle } from "./throttle.ts";

/** Counts of one listener's input. */
export interface PipelineCounts {
  bytes: number;
  readonly framing: FramingCounts;
  readonly records: RecordCounts;
  /** Lines handed to the sink. */
  stored: number;
  /** Channels closed because they began with an HTTP request. */
  httpRequests: number;
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
    httpRequests: 0,
  };
  readonly #stages: SharedStages;
  readonly #flow: Flow;
  readonly #helloContext: HelloContext;
  readonly #reportRequest: (() => void) | undefined;

  /**
   * @param reportRequest called at the first HTTP request; undefined where no HTTP client can connect: requests are not
   *   looked for then
   */
  constructor({ name, traits }: PipelineTransport, stages: SharedStages, reportRequest?: () => void) {
    this.#stages = stages;
    this.#reportRequest = reportRequest;
    const { framing, records } = this.counts;
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
    const plain = new PlainLines(this.#frame(this.counts.framing), this.#noteInput);
    if (connection === undefined) return plain;
    const hello = (): StreamReceiver => new HelloReceiver(connection, this.#helloContext, plain);
    const report = this.#reportRequest;
    if (report === undefined) return new FirstLine(connection, { plain, hello });
    return new FirstLine(connection, { plain, hello, request: () => this.#refuse(connection, report) });
  }

  /** A receiver for the messages of another channel. */
  messages(): MessageReceiver {
    const framer = new MessageFramer(this.#stages.lineBytesMax, this.counts.framing, this.#normalize);
    return {
      receiveBatch: (batch) => {
        let bytes = 0;
        for (let i = 0; i < batch.count; i++) bytes += batch.length(i);
        framer.push(batch);
        return this.#noteInput(bytes, batch.count);
      },
      end: () => {},
    };
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

  readonly #frame = (counts: FramingCounts): StreamFramer =>
    new StreamFramer({ lineBytesMax: this.#stages.lineBytesMax, budget: this.#stages.tails, counts }, this.#normalize);

  readonly #normalize = (block: Buffer): void => {
    this.#stages.normalizer.normalize(block, this.counts.records, this.#store);
  };

  readonly #store = (lines: Buffer, count: number): void => {
    this.counts.stored += count;
    this.#stages.sink.append(lines, count);
  };
}
