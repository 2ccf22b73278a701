import type { Acknowledgements } from "../acks/receiving/acknowledgements.ts";
import { type Greeting, HelloReceiver } from "../acks/receiving/hello-receiver.ts";
import { type FramingCounts, framingCounts } from "../framing/framing.ts";
import { MessageFramer } from "../framing/message-framer.ts";
import { StreamFramer } from "../framing/stream-framer.ts";
import type { TailBudget } from "../framing/tail-budget.ts";
import { type Admission, type RecordCounts, recordCounts } from "../records/admission.ts";
import type { Sink } from "../sink/sink.ts";
import type {
  AnyTransport,
  Channel,
  Connection,
  HeldBytes,
  MessageReceiver,
  StreamReceiver,
} from "../transports/transport.ts";
import { FirstLine } from "./first-line.ts";
import { PlainLines, type Took } from "./plain-lines.ts";
import type { Flow, Pacing } from "./throttle.ts";

/** What one listener brought in. */
export interface IntakeCounts {
  bytes: number;
  readonly framing: FramingCounts;
  readonly records: RecordCounts;
  /** Lines handed to the sink. */
  stored: number;
  /** Channels closed because they began with an HTTP request. */
  httpRequests: number;
}

/** What the road must know of a transport. */
export type Kind = Pick<AnyTransport, "name" | "traits">;

/** What all listeners of an aggregator have in common on the way to the file. */
export interface SharedRoad {
  readonly lineBytesMax: number;
  readonly tails: TailBudget;
  readonly admission: Admission;
  readonly sink: Sink;
  readonly pacing: Pacing;
  readonly acknowledgements: Acknowledgements;
}

/** The road from one listener's bytes to the sink: framing, records, sink; and the counts along it. */
export class Intake {
  readonly counts: IntakeCounts = {
    bytes: 0,
    framing: framingCounts(),
    records: recordCounts(),
    stored: 0,
    httpRequests: 0,
  };
  readonly #road: SharedRoad;
  readonly #flow: Flow;
  readonly #greeting: Greeting;
  readonly #tellRequest: (() => void) | undefined;

  /** @param tellRequest called at the first HTTP request; undefined where no HTTP client can connect, and none is looked for */
  constructor({ name, traits }: Kind, road: SharedRoad, tellRequest?: () => void) {
    this.#road = road;
    this.#tellRequest = tellRequest;
    const { framing, records } = this.counts;
    this.#greeting = {
      framing: { transport: name, framing, records, frame: this.#frame },
      acknowledgements: road.acknowledgements,
      took: this.#took,
    };
    this.#flow = road.pacing.flow(traits, () => this.counts.records.checked);
  }

  /** Says what the kernel holds for this listener's senders. */
  holds(holds: HeldBytes): void {
    this.#flow.holds = holds;
  }

  /** A receiver for one more stream of this listener. Only a connection's first line can be anything but a log line. */
  stream({ connection }: Channel): StreamReceiver {
    const plain = new PlainLines(this.#frame(this.counts.framing), this.#took);
    if (connection === undefined) return plain;
    const hello = (): StreamReceiver => new HelloReceiver(connection, this.#greeting, plain);
    const tell = this.#tellRequest;
    if (tell === undefined) return new FirstLine(connection, { plain, hello });
    return new FirstLine(connection, { plain, hello, request: () => this.#refuse(connection, tell) });
  }

  /** A receiver for the messages of one more channel. */
  messages(): MessageReceiver {
    const framer = new MessageFramer(this.#road.lineBytesMax, this.counts.framing, this.#admit);
    return {
      receiveBatch: (batch) => {
        let bytes = 0;
        for (let i = 0; i < batch.count; i++) bytes += batch.length(i);
        framer.push(batch);
        return this.#took(bytes, batch.count);
      },
      end: () => {},
    };
  }

  /** Closes a connection that began with an HTTP request, and forgets what it goes on to say. */
  #refuse(connection: Connection, tell: () => void): StreamReceiver {
    if (this.counts.httpRequests++ === 0) tell();
    connection.close();
    return { receive: (chunk) => this.#took(chunk.length, 1), end: () => {} };
  }

  /** Noted after the lines are on their way: no line waits for the account, and the iteration's write comes before its sleep. */
  readonly #took: Took = (bytes, parts) => {
    this.counts.bytes += bytes;
    this.#flow.took(bytes, parts);
    return this.#road.sink.room();
  };

  readonly #frame = (counts: FramingCounts): StreamFramer =>
    new StreamFramer(this.#road.lineBytesMax, this.#road.tails, counts, this.#admit);

  readonly #admit = (block: Buffer): void => {
    this.#road.admission.admit(block, this.counts.records, this.#store);
  };

  readonly #store = (lines: Buffer, count: number): void => {
    this.counts.stored += count;
    this.#road.sink.append(lines, count);
  };
}
