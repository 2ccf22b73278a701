import { type Peer, senderName } from "../core/peer.ts";

/** How many senders are told apart; the bucket of the one known longest is made anew. */
const BUCKETS_MAX = 10_000;

/** How often suppressed lines are reported, milliseconds. */
const WINDOW_MS = 1000;

/** Longest wait of one timer, milliseconds: Node's end at 2^31. */
const WAIT_MS_MAX = 60_000;

/** The lines that one sender may still send: a token bucket, which holds the lines of a second. */
export class Bucket {
  readonly sender: string;
  /** Lines that were not stored, since the last report. */
  suppressed = 0;
  readonly #linesPerSecond: number;
  #lines: number;
  #atMs = performance.now();

  constructor(sender: string, linesPerSecond: number) {
    this.sender = sender;
    this.#linesPerSecond = linesPerSecond;
    this.#lines = linesPerSecond;
  }

  /** Whole lines that may be stored now; negative after more were spent. */
  available(): number {
    const nowMs = performance.now();
    const earned = ((nowMs - this.#atMs) / 1000) * this.#linesPerSecond;
    this.#lines = Math.min(this.#linesPerSecond, this.#lines + earned);
    this.#atMs = nowMs;
    return Math.floor(this.#lines);
  }

  spend(lines: number): void {
    this.#lines -= lines;
  }

  /** A promise until a line may be stored again, for a sender that can be asked to wait. */
  wait(): Promise<void> | undefined {
    return this.available() > 0 ? undefined : this.#untilAvailable();
  }

  async #untilAvailable(): Promise<void> {
    for (let lines = this.available(); lines <= 0; lines = this.available()) {
      const ms = Math.min(((1 - lines) / this.#linesPerSecond) * 1000, WAIT_MS_MAX);
      // Nobody waits for it after the stop.
      await new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
    }
  }
}

/** The lines per second of each sender of an endpoint: connections of one user, or from one host, share a bucket. */
export class RateLimit {
  readonly linesPerSecond: number;
  readonly #report: (sender: string, lines: number) => void;
  readonly #buckets = new Map<string, Bucket>();
  readonly #suppressing = new Set<Bucket>();
  #window: NodeJS.Timeout | undefined;

  /** @param report called once per window for each sender of which lines were suppressed */
  constructor(linesPerSecond: number, report: (sender: string, lines: number) => void) {
    this.linesPerSecond = linesPerSecond;
    this.#report = report;
  }

  bucket(peer: Peer): Bucket {
    const sender = senderName(peer);
    const known = this.#buckets.get(sender);
    if (known !== undefined) return known;
    if (this.#buckets.size >= BUCKETS_MAX) this.#buckets.delete(this.#buckets.keys().next().value ?? "");
    const bucket = new Bucket(sender, this.linesPerSecond);
    this.#buckets.set(sender, bucket);
    return bucket;
  }

  suppress(bucket: Bucket, lines: number): void {
    bucket.suppressed += lines;
    this.#suppressing.add(bucket);
    this.#window ??= setTimeout(() => this.flush(), WINDOW_MS);
  }

  /** Reports what was suppressed and isn't reported yet. */
  flush(): void {
    clearTimeout(this.#window);
    this.#window = undefined;
    for (const bucket of this.#suppressing) {
      this.#report(bucket.sender, bucket.suppressed);
      bucket.suppressed = 0;
    }
    this.#suppressing.clear();
  }
}
