import type { Backpressure } from "../core/backpressure.ts";
import type { Peer } from "../core/peer.ts";
import type { TransportName } from "../core/transport-name.ts";
import { LINE_FEED } from "../core/whole-lines.ts";
import { LineChecker } from "../records/line-checker.ts";
import { LineStamper } from "../records/line-stamper.ts";
import type { Normalizer, RecordCounts, RecordOutput } from "../records/normalizer.ts";
import { ArrivalTime } from "./arrival.ts";
import type { OwnRecords } from "./own-records.ts";
import { type Bucket, RateLimit } from "./rate-limit.ts";
import { Stamp } from "./stamp.ts";

/** What is done with lines according to who sent them. */
export interface SenderRules {
  /** Whether each record says who sent it (`_trusted`). */
  readonly stamps: boolean;
  /** Undefined: no limit. */
  readonly linesPerSecondMax: number | undefined;
}

/** One endpoint's way to the file. */
export interface LineFlow {
  readonly transport: TransportName;
  readonly normalizer: Normalizer;
  readonly counts: RecordCounts;
  readonly output: RecordOutput;
  readonly ownRecords: OwnRecords;
  /** Counts lines that were not stored, because of a limit. */
  limit(lines: number): void;
}

/** The lines of one sender. */
export interface SenderLines {
  /** Stores the lines that the sender may send now, and counts the others as `limited`. */
  take(block: Buffer): void;
  /** Stores a block in any case. */
  takeAll(block: Buffer): void;
  /** A promise while the sender has sent too much. */
  wait(): Backpressure;
}

/** Distinguishes the senders of an endpoint, and treats their lines by the rules. */
export class Senders {
  readonly #rules: SenderRules;
  readonly #flow: LineFlow;
  readonly #rateLimit: RateLimit | undefined;
  readonly #stamper = new LineStamper();
  /** Counts lines, which WebAssembly does faster than JavaScript. */
  readonly #counter = new LineChecker("none");
  readonly #arrival = new ArrivalTime();
  readonly #known = new WeakMap<Peer, SenderLines>();

  constructor(rules: SenderRules, flow: LineFlow) {
    this.#rules = rules;
    this.#flow = flow;
    const { linesPerSecondMax } = rules;
    if (linesPerSecondMax !== undefined) this.#rateLimit = new RateLimit(linesPerSecondMax, this.#noteSuppressed);
  }

  /** The lines of a sender. The same object for the same peer. */
  of(peer: Peer): SenderLines {
    const known = this.#known.get(peer);
    if (known !== undefined) return known;
    const stamp = this.#rules.stamps ? new Stamp(this.#flow.transport, peer, this.#arrival) : undefined;
    let held = this.#rateLimit?.bucket(peer);
    const takeAll = (block: Buffer): void => this.#store(block, stamp, held);
    const take = (block: Buffer): void => {
      const bucket = this.#rateLimit?.bucket(peer, held);
      held = bucket;
      const within = bucket === undefined ? block.length : this.#bytesWithin(block, bucket.available());
      if (within > 0) takeAll(within === block.length ? block : block.subarray(0, within));
      if (bucket !== undefined && within < block.length) this.#suppress(block.subarray(within), bucket);
    };
    const lines = { take, takeAll, wait: () => held?.wait() };
    this.#known.set(peer, lines);
    return lines;
  }

  /** Reports what was suppressed and isn't reported yet. */
  end(): void {
    this.#rateLimit?.flush();
  }

  #store(block: Buffer, stamp: Stamp | undefined, bucket: Bucket | undefined): void {
    const { counts, normalizer, output } = this.#flow;
    const before = counts.checked;
    if (stamp === undefined) normalizer.normalize(block, counts, output);
    else this.#stamper.stamp(block, stamp.value(), this.#flow);
    bucket?.spend(counts.checked - before);
  }

  /** Bytes of the first lines of a block, as many as may be stored. */
  #bytesWithin(block: Buffer, linesMax: number): number {
    if (linesMax <= 0) return 0;
    if (block.length <= linesMax || this.#counter.check(block).lines <= linesMax) return block.length;
    let end = 0;
    for (let lines = 0; lines < linesMax; lines++) end = block.indexOf(LINE_FEED, end) + 1;
    return end;
  }

  #suppress(block: Buffer, bucket: Bucket): void {
    const { lines } = this.#counter.check(block);
    this.#flow.limit(lines);
    this.#rateLimit?.suppress(bucket, lines);
  }

  readonly #noteSuppressed = (sender: string, lines: number): void => {
    const { transport, ownRecords } = this.#flow;
    const record = {
      source: "aggregator",
      timestamp: Math.floor(Date.now() / 1000),
      level: "WARN",
      message: `suppressed ${lines} lines of ${sender}, which sent more than ${this.#rules.linesPerSecondMax} per second`,
      suppressed: lines,
      sender,
      transport,
    };
    ownRecords.append(Buffer.from(`${JSON.stringify(record)}\n`));
  };
}
