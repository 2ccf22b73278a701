import { fdatasync } from "node:fs";
import { type Backpressure, Gate, TimedGate } from "../core/backpressure.ts";
import { ALONE_BYTES_MAX, OUTPUT_LOOK_MS, POOL_QUEUE_BYTES_MAX, WRITE_BYTES } from "../core/limits.ts";
import { syncPolicy } from "./durability.ts";
import type { FileSinkOptions } from "./file-sink-options.ts";
import { FileWriter } from "./file-writer.ts";
import type { Output } from "./output-file.ts";
import { OutputKeeper, type Replacement, SyncError } from "./output-keeper.ts";
import type { Sink, SinkStats } from "./sink.ts";
import { Syncer } from "./syncer.ts";
import { WriteQueue } from "./write-queue.ts";

/**
 * A file as a sink. What arrives in one turn of the event loop leaves by one write(2) at its end, what comes alone at once: a
 * write to the page cache costs less than a hop to a worker thread. When the file refuses (disk full), everything is held and tried
 * again. Under durability "ack" lines stay in memory until a sync has made them safe, so that a failed sync, which the kernel reports
 * once and then forgets, is made good by writing them to another file.
 */
export class FileSink implements Sink {
  readonly #options: FileSinkOptions;
  readonly #queue: WriteQueue;
  readonly #keeper: OutputKeeper;
  readonly #writer: FileWriter;
  readonly #syncer: Syncer;
  readonly #room = new TimedGate();
  readonly #settled = new Gate();
  readonly #listeners: ((upTo: number) => void)[] = [];
  readonly #looks: NodeJS.Timeout;
  #lines = 0;
  #bytes = 0;
  #unwritten = 0;
  #appendsOfTurn = 0;
  /** The last turn brought one piece, so a small one is written at once: waiting for more would only delay it. */
  #isCalm = true;
  #replacement: Replacement | undefined;
  /**
   * Until when settling takes at most: every listener asks for it at the end, and then close(). Those who ask for the
   * same bytes share the time.
   */
  #settling = { at: -1, untilMs: 0 };
  #closing: Promise<void> | undefined;

  /** @param file owned by the sink from now on */
  constructor(file: Output, options: FileSinkOptions) {
    const { rotation, open, events } = options;
    const policy = syncPolicy(options.durability);
    this.#options = options;
    this.#queue = new WriteQueue(WRITE_BYTES, policy.retains);
    const keeping = { open, rotation, events, syncs: policy.syncs, queue: this.#queue };
    this.#keeper = new OutputKeeper(file, keeping);
    this.#writer = new FileWriter(this.#queue, {
      target: () => this.#keeper.fd,
      // Senders that wait for the sync are not slowed by a write that waits for it.
      hindered: () => policy.confirmsOnWrite && this.#syncer.underWay && this.#queue.bytes <= POOL_QUEUE_BYTES_MAX,
      wrote: (bytes, whole) => this.#wrote(bytes, whole),
      idle: () => this.#tellSettled(),
      stalled: (errno) => {
        events.stalled(errno);
        this.#tryReplace(); // no write is under way now
      },
    });
    this.#syncer = new Syncer({
      policy,
      sync: (done) => fdatasync(this.#keeper.fd, done),
      durable: (upTo) => this.#durable(upTo),
      confirmed: (upTo) => this.#tellConfirmed(upTo),
      failed: (error) => this.#replace({ abandon: error }),
      over: () => this.#tryReplace(),
    });
    this.#looks = setInterval(() => this.#look(), OUTPUT_LOOK_MS).unref();
  }

  /** Takes up what an earlier run left of rotated files. @throws OperationalError as Retention.begin() */
  begin(): Promise<void> {
    return this.#keeper.retention.begin();
  }

  append(lines: Buffer, count: number): void {
    this.#lines += count;
    this.#bytes += lines.length;
    const isFirst = this.#appendsOfTurn++ === 0;
    this.#writer.take(lines, isFirst && this.#isCalm && lines.length <= ALONE_BYTES_MAX);
    if (isFirst) setImmediate(this.#flushAtEndOfTurn);
    if (this.#held > this.#options.queueBytesMax) this.#room.close();
  }

  room(): Backpressure {
    return this.#room.pass();
  }

  position(): number {
    return this.#bytes;
  }

  confirmed(): number {
    return this.#syncer.confirmed;
  }

  onConfirmed(listener: (upTo: number) => void): void {
    this.#listeners.push(listener);
  }

  stats(): SinkStats {
    return {
      linesAppended: this.#lines,
      bytesAppended: this.#bytes,
      bytesWritten: this.#written,
      bytesDurable: this.#syncer.durableBytes,
      bytesSuspect: this.#syncer.suspectBytes,
      bytesQueued: this.#queue.bytes,
      linesUnwritten: this.#unwritten,
      stalled: this.#writer.stall,
      ...this.#keeper.retention.counts,
      pausedMs: this.#room.closedMs,
    };
  }

  /** As OutputKeeper.follow(); safe at any time. */
  reopen(): void {
    this.#replace("follow");
  }

  async settle(): Promise<void> {
    this.#writer.flush();
    this.#syncer.hurry();
    if (this.#isSettled) return;
    const [now, at] = [performance.now(), this.#bytes];
    if (this.#settling.at !== at) this.#settling = { at, untilMs: now + this.#options.closeMsMax };
    this.#settled.close();
    const timer = setTimeout(() => this.#settled.open(), Math.max(0, this.#settling.untilMs - now));
    await this.#settled.pass();
    clearTimeout(timer);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #written(): number {
    return this.#bytes - this.#queue.bytes;
  }

  /** Bytes in memory: waiting, or written and not yet safe. */
  get #held(): number {
    return this.#queue.bytes + this.#queue.retained;
  }

  get #isSettled(): boolean {
    return this.#syncer.settledUpTo === this.#bytes;
  }

  readonly #flushAtEndOfTurn = (): void => {
    this.#isCalm = this.#appendsOfTurn === 1;
    this.#appendsOfTurn = 0;
    this.#writer.flush();
  };

  #wrote(bytes: number, whole: boolean): void {
    this.#keeper.grown(bytes, whole);
    this.#openRoom();
    if (whole) {
      this.#syncer.written(this.#written);
      if (this.#keeper.isDue()) this.#replace("rotate");
    }
    this.#tryReplace();
  }

  #durable(upTo: number): void {
    const safe = this.#queue.retained - (this.#written - upTo);
    if (this.#queue.retains && safe > 0) this.#queue.synced(safe);
    this.#openRoom();
    this.#tellSettled();
  }

  #tellConfirmed(upTo: number): void {
    for (const listener of this.#listeners) listener(upTo);
  }

  #openRoom(): void {
    if (this.#room.closed && this.#held <= this.#options.queueBytesMax / 2) this.#room.open();
  }

  #tellSettled(): void {
    if (!this.#settled.closed) return;
    this.#syncer.hurry();
    if (this.#isSettled) this.#settled.open();
  }

  #look(): void {
    this.#queue.trim();
    const replacement = this.#keeper.look();
    if (replacement === undefined) this.#tryReplace();
    else this.#replace(replacement);
  }

  /** Stops writing and syncing; the file is replaced as soon as neither is under way. */
  #replace(replacement: Replacement): void {
    if (typeof this.#replacement !== "object") this.#replacement = replacement;
    this.#writer.hold();
    this.#syncer.pause();
    this.#tryReplace();
  }

  #tryReplace(): void {
    const replacement = this.#replacement;
    if (replacement === undefined || this.#writer.onPool || this.#syncer.underWay) return;
    try {
      this.#carryOut(replacement);
      this.#replacement = undefined;
    } catch (error) {
      if (!this.#goesOn(replacement, error)) return;
    }
    this.#syncer.resume();
    this.#writer.release();
  }

  /** A file that can be trusted goes on until the next look; one that can't is not written to any more. */
  #goesOn(replacement: Replacement, error: unknown): boolean {
    if (error instanceof SyncError) {
      this.#replace({ abandon: error });
      return false;
    }
    this.#options.events.trouble(error);
    if (typeof replacement === "object") return false;
    this.#replacement = undefined;
    return true;
  }

  #carryOut(replacement: Replacement): void {
    if (typeof replacement === "object") {
      this.#keeper.abandon(replacement.abandon);
      this.#queue.rewind();
      if (this.#queue.retains) this.#syncer.rewound();
      else this.#syncer.forsake();
      return;
    }
    const isSynced = replacement === "rotate" ? this.#keeper.rotate() : this.#keeper.follow();
    if (isSynced) this.#syncer.settled(this.#written);
  }

  async #close(): Promise<void> {
    await this.#keeper.retention.close();
    await this.settle();
    clearInterval(this.#looks);
    this.#syncer.close();
    this.#writer.close();
    this.#unwritten = this.#queue.lines();
    // A write or sync that hangs in the pool still uses the descriptor; it ends with the process.
    if (!this.#writer.onPool && !this.#syncer.underWay) this.#keeper.close();
  }
}
