import { type Peer, senderName } from "../core/peer.ts";

/**
 * How many senders are told apart. Further ones share a bucket until one of these is full again, and so as good as new:
 * none is given up before, or a sender with many users or addresses could reset the buckets of others, and its own.
 */
const BUCKETS_MAX = 10_000;

/** Who shares the bucket. */
const FURTHER_SENDERS = "further senders";

/** How often buckets that are full again are looked for, milliseconds: a look at all of them takes less than one. */
const SWEEP_MS = 100;

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

  /** Whether it holds what a new one does. */
  get isFull(): boolean {
    return this.available() === this.#linesPerSecond;
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
  readonly #further: Bucket;
  readonly #suppressing = new Set<Bucket>();
  #sweptAtMs = Number.NEGATIVE_INFINITY;
  #window: NodeJS.Timeout | undefined;

  /** @param report called once per window for each sender of which lines were suppressed */
  constructor(linesPerSecond: number, report: (sender: string, lines: number) => void) {
    this.linesPerSecond = linesPerSecond;
    this.#report = report;
    this.#further = new Bucket(FURTHER_SENDERS, linesPerSecond);
  }

  /** @param held the bucket of the sender's last lines, which stays its own although it was given up meanwhile */
  bucket(peer: Peer, held?: Bucket): Bucket {
    const own = held === this.#further ? undefined : held;
    const sender = own?.sender ?? senderName(peer);
    const known = this.#buckets.get(sender);
    if (known !== undefined) return known;
    if (this.#buckets.size >= BUCKETS_MAX) this.#sweep();
    if (this.#buckets.size >= BUCKETS_MAX) return own ?? this.#further;
    const bucket = own ?? new Bucket(sender, this.linesPerSecond);
    this.#buckets.set(sender, bucket);
    return bucket;
  }

  #sweep(): void {
    const nowMs = performance.now();
    if (nowMs - this.#sweptAtMs < SWEEP_MS) return;
    this.#sweptAtMs = nowMs;
    for (const [sender, bucket] of this.#buckets) if (bucket.isFull) this.#buckets.delete(sender);
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
