import { type FramingCounts, framingCounts } from "../framing/framing.ts";
import { MessageFramer } from "../framing/message-framer.ts";
import { StreamFramer } from "../framing/stream-framer.ts";
import type { TailBudget } from "../framing/tail-budget.ts";
import { type Admission, type RecordCounts, recordCounts } from "../records/admission.ts";
import type { Sink } from "../sink/sink.ts";
import type { Receiver, TransportTraits } from "../transports/transport.ts";

/** What one listener brought in. */
export interface IntakeCounts {
  bytes: number;
  readonly framing: FramingCounts;
  readonly records: RecordCounts;
  /** Lines handed to the sink. */
  stored: number;
}

/** The road from one listener's bytes to the sink: framing, records, sink; and the counts along it. */
export class Intake {
  readonly counts: IntakeCounts = { bytes: 0, framing: framingCounts(), records: recordCounts(), stored: 0 };
  readonly #traits: TransportTraits;
  readonly #lineBytesMax: number;
  readonly #tails: TailBudget;
  readonly #admission: Admission;
  readonly #sink: Sink;

  constructor(traits: TransportTraits, lineBytesMax: number, tails: TailBudget, admission: Admission, sink: Sink) {
    this.#traits = traits;
    this.#lineBytesMax = lineBytesMax;
    this.#tails = tails;
    this.#admission = admission;
    this.#sink = sink;
  }

  /** A receiver for one more channel of this listener. */
  accept(): Receiver {
    return this.#traits.boundary === "stream" ? this.#stream() : this.#messages();
  }

  #stream(): Receiver {
    const framer = new StreamFramer(this.#lineBytesMax, this.#tails, this.counts.framing, this.#admit);
    return {
      receive: (chunk) => {
        this.counts.bytes += chunk.length;
        framer.push(chunk);
        return this.#sink.room();
      },
      receiveBatch: () => {
        throw new TypeError("a stream has no messages");
      },
      end: () => framer.end(),
    };
  }

  #messages(): Receiver {
    const framer = new MessageFramer(this.#lineBytesMax, this.counts.framing, this.#admit);
    return {
      receive: (message) => {
        this.counts.bytes += message.length;
        framer.push(message);
        return this.#sink.room();
      },
      receiveBatch: (batch) => {
        for (let i = 0; i < batch.count; i++) this.counts.bytes += batch.length(i);
        framer.pushBatch(batch);
        return this.#sink.room();
      },
      end: () => {},
    };
  }

  readonly #admit = (block: Buffer): void => {
    this.#admission.admit(block, this.counts.records, this.#store);
  };

  readonly #store = (lines: Buffer, count: number): void => {
    this.counts.stored += count;
    this.#sink.append(lines, count);
  };
}
