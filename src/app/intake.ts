import type { Backpressure } from "../core/backpressure.ts";
import { type FramingCounts, framingCounts } from "../framing/framing.ts";
import { MessageFramer } from "../framing/message-framer.ts";
import { StreamFramer } from "../framing/stream-framer.ts";
import type { TailBudget } from "../framing/tail-budget.ts";
import { type Admission, type RecordCounts, recordCounts } from "../records/admission.ts";
import type { Sink } from "../sink/sink.ts";
import type { Channel, HeldBytes, Receiver, Transport, TransportTraits } from "../transports/transport.ts";
import type { Acknowledgements } from "./acks/acknowledgements.ts";
import { GreetedReceiver, type Greeting, PlainReceiver } from "./acks/greeted-receiver.ts";
import type { Flow, Pacing } from "./pacing.ts";
import { DEAF, RequestGuard } from "./request-guard.ts";

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
export type Kind = Pick<Transport, "name" | "traits">;

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
  readonly #traits: TransportTraits;
  readonly #road: SharedRoad;
  readonly #flow: Flow;
  readonly #greeting: Greeting;
  readonly #tellRequest: (() => void) | undefined;

  /** @param tellRequest called at the first HTTP request; undefined where no HTTP client can connect, and none is looked for */
  constructor({ name, traits }: Kind, road: SharedRoad, tellRequest?: () => void) {
    this.#traits = traits;
    this.#road = road;
    this.#tellRequest = tellRequest;
    const { framing, records } = this.counts;
    this.#greeting = {
      framing: { transport: name, framing, records, frame: this.#frame },
      acknowledgements: road.acknowledgements,
      room: this.#room,
    };
    this.#flow = road.pacing.flow(traits, () => this.counts.records.checked);
  }

  /** Says what the kernel holds for this listener's senders. */
  holds(holds: HeldBytes): void {
    this.#flow.holds = holds;
  }

  /** A receiver for one more channel of this listener. */
  accept(channel: Channel): Receiver {
    return this.#traits.boundary === "stream" ? this.#stream(channel) : this.#messages();
  }

  #stream(channel: Channel): Receiver {
    const become = (next: Receiver): Receiver => {
      receiver = next;
      return next;
    };
    let receiver = this.#tellRequest === undefined ? this.#receiverOf(channel) : this.#guard(channel, become);
    return {
      receive: (chunk) => {
        const backpressure = receiver.receive(chunk);
        this.#took(chunk.length, 1);
        return backpressure;
      },
      receiveBatch: (batch) => receiver.receiveBatch(batch),
      end: () => receiver.end(),
    };
  }

  #guard(channel: Channel, become: (receiver: Receiver) => Receiver): RequestGuard {
    return new RequestGuard(channel, {
      frame: () => this.#frame(this.counts.framing),
      admit: (framer) => become(this.#receiverOf(channel, framer)),
      refuse: () => {
        become(DEAF);
        if (this.counts.httpRequests++ === 0) this.#tellRequest?.();
      },
    });
  }

  /** Only who can be answered may ask for acknowledgements. @param begun a framer that has the beginning of a plain line */
  #receiverOf(channel: Channel, begun?: StreamFramer): Receiver {
    if (channel.reply !== undefined && begun === undefined) return new GreetedReceiver(channel, this.#greeting);
    return new PlainReceiver(begun ?? this.#frame(this.counts.framing), this.#room);
  }

  #messages(): Receiver {
    const framer = new MessageFramer(this.#road.lineBytesMax, this.counts.framing, this.#admit);
    return {
      receive: (message) => {
        framer.push(message);
        this.#took(message.length, 1);
        return this.#room();
      },
      receiveBatch: (batch) => {
        let bytes = 0;
        for (let i = 0; i < batch.count; i++) bytes += batch.length(i);
        framer.pushBatch(batch);
        this.#took(bytes, batch.count);
        return this.#room();
      },
      end: () => {},
    };
  }

  /** Noted after the lines are on their way: no line waits for the account, and the turn's write comes before its rest. */
  #took(bytes: number, pieces: number): void {
    this.counts.bytes += bytes;
    this.#flow.took(bytes, pieces);
  }

  readonly #frame = (counts: FramingCounts): StreamFramer =>
    new StreamFramer(this.#road.lineBytesMax, this.#road.tails, counts, this.#admit);

  readonly #room = (): Backpressure => this.#road.sink.room();

  readonly #admit = (block: Buffer): void => {
    this.#road.admission.admit(block, this.counts.records, this.#store);
  };

  readonly #store = (lines: Buffer, count: number): void => {
    this.counts.stored += count;
    this.#road.sink.append(lines, count);
  };
}
