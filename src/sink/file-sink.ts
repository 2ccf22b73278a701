import { type Backpressure, TimedGate } from "../core/backpressure.ts";
import { OUTPUT_CHECK_MS } from "../core/limits.ts";
import { IMMEDIATE_WRITE_BYTES_MAX, POOL_QUEUE_BYTES_MAX, WRITE_BYTES } from "../core/tuning.ts";
import { CurrentOutput, type Replacement } from "./current-output.ts";
import { syncPolicy } from "./durability.ts";
import { DurableTimes } from "./durable-times.ts";
import type { FileSinkOptions } from "./file-sink-options.ts";
import { FileWriter } from "./file-writer.ts";
import { FlushWait } from "./flush-wait.ts";
import type { Output } from "./output-file.ts";
import type { Sink, SinkStats } from "./sink.ts";
import { Syncer } from "./syncer.ts";
import { WriteQueue } from "./write-queue.ts";

/**
 * A file as a sink. What arrives in one iteration of the event loop is written by one write(2) at its end, and a single
 * small block immediately: a write to the page cache costs less than a hop to a worker thread. Where the policy retains
 * lines, they stay in memory until a sync has made them safe, so that after a failed sync, which the kernel reports
 * once and then forgets, they are written again.
 *
 * | state | shown by | lines | syncs | goes to |
 * |---|---|---|---|---|
 * | open | none of those below | are written | as the policy says | leaving, when a file is due, has lost its name, or can't be synced |
 * | busy | `writer.onPool`, `syncer.underWay` | wait for the write on the pool | wait for the one under way | back, when it is over |
 * | refusing | `writer.stall` | wait; tried again every 20 to 500 ms | as the policy says | open, when a write succeeds |
 * | leaving | `output.isLeaving`, and busy | wait | wait | open in another file, or stranded, as soon as it isn't busy |
 * | stranded | `output.isLeaving`, and not busy | wait | wait | open, when a look finds that a file can be opened again |
 * | closed | `output.fd` is undefined for good | count as unwritten | none | |
 *
 * The sink may be busy and refusing at the same time. While the file is left, `output.fd` is undefined, and neither
 * writer nor syncer begins anything. The result of CurrentOutput.replace() then decides whether written lines are safe,
 * suspect, or as before.
 */
export class FileSink implements Sink {
  readonly #options: FileSinkOptions;
  readonly #queue: WriteQueue;
  readonly #output: CurrentOutput;
  readonly #writer: FileWriter;
  readonly #syncer: Syncer;
  readonly #gate = new TimedGate();
  readonly #flushing: FlushWait;
  readonly #times: DurableTimes;
  readonly #listeners: ((upTo: number) => void)[] = [];
  readonly #lookTimer: NodeJS.Timeout;
  #lines = 0;
  #bytes = 0;
  #unwritten = 0;
  #appendsOfIteration = 0;
  /** The last iteration brought one block, so a small one is written at once: waiting for more would only delay it. */
  #isCalm = true;
  #closing: Promise<void> | undefined;

  /** @param file owned by the sink from now on */
  constructor(file: Output, options: FileSinkOptions) {
    const { rotation, forwarding, open, events } = options;
    const policy = syncPolicy(options.durability);
    this.#options = options;
    this.#flushing = new FlushWait(options.closeMsMax);
    this.#times = new DurableTimes(options.durable ?? (() => {}));
    this.#queue = new WriteQueue(WRITE_BYTES, policy.retains);
    const output = new CurrentOutput(file, { open, rotation, forwarding, policy, events, queue: this.#queue });
    this.#output = output;
    this.#writer = new FileWriter(this.#queue, {
      file: output,
      // Under "ack" senders wait for the sync anyway, so a write that waits for it doesn't slow them.
      isSyncing: () => policy.confirmsOnWrite && this.#syncer.underWay && this.#queue.bytes <= POOL_QUEUE_BYTES_MAX,
      wrote: (bytes, whole) => this.#wrote(bytes, whole),
      idle: () => this.#resolveFlush(),
      stalled: (errno) => {
        events.stalled(errno);
        this.#replaceIfIdle();
      },
    });
    this.#syncer = new Syncer({
      policy,
      file: output,
      durable: (upTo) => this.#durable(upTo),
      confirmed: (upTo) => {
        for (const listener of this.#listeners) listener(upTo);
      },
      over: (error) => {
        if (error !== null) output.leave({ abandon: error });
        this.#replaceIfIdle();
      },
    });
    this.#lookTimer = setInterval(() => this.#look(), OUTPUT_CHECK_MS).unref();
  }

  /** Completes what an earlier run left undone with rotated files. @throws OperationalError as Retention.begin() */
  begin(): Promise<void> {
    return this.#output.retention.begin();
  }

  append(lines: Buffer, count: number): void {
    this.#lines += count;
    this.#bytes += lines.length;
    const isFirst = this.#appendsOfIteration++ === 0;
    if (isFirst) this.#times.arrived(this.#bytes - lines.length);
    this.#writer.write(lines, isFirst && this.#isCalm && lines.length <= IMMEDIATE_WRITE_BYTES_MAX);
    if (isFirst) setImmediate(this.#flushAtEndOfIteration);
    if (this.#bytesInMemory > this.#options.queueBytesMax) this.#gate.close();
  }

  backpressure(): Backpressure {
    return this.#gate.pass();
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
      stalled: this.#writer.stall ?? this.#output.refusal,
      ...this.#output.retention.counts,
      pausedMs: this.#gate.closedMs,
      waitingMs: this.#times.waitingMs,
    };
  }

  /** Counts the lines that wait for the file: 6 ms for 64 MiB (measured). */
  queuedLines(): number {
    return this.#queue.lines();
  }

  /** Opens the file that the output's name refers to now; safe at any time. */
  reopen(): void {
    this.#leave("follow");
  }

  async flush(): Promise<void> {
    this.#writer.flush();
    this.#syncer.syncNow();
    if (!this.#isFlushed) await this.#flushing.until(this.#bytes);
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
  get #bytesInMemory(): number {
    return this.#queue.bytes + this.#queue.retained;
  }

  get #isFlushed(): boolean {
    return this.#syncer.finishedUpTo === this.#bytes;
  }

  /** No write and no sync of the file is under way. */
  get #isIdle(): boolean {
    return !this.#writer.onPool && !this.#syncer.underWay;
  }

  readonly #flushAtEndOfIteration = (): void => {
    this.#isCalm = this.#appendsOfIteration === 1;
    this.#appendsOfIteration = 0;
    this.#writer.flush();
  };

  #wrote(bytes: number, whole: boolean): void {
    this.#output.grown(bytes, whole);
    this.#openGate();
    if (whole) {
      this.#syncer.written(this.#written);
      if (this.#output.isDue()) this.#output.leave("rotate");
    }
    this.#replaceIfIdle();
  }

  #durable(upTo: number): void {
    this.#times.durable(upTo, this.#bytes);
    const safe = this.#queue.retained - (this.#written - upTo);
    if (this.#queue.retains && safe > 0) this.#queue.synced(safe);
    this.#openGate();
    this.#resolveFlush();
  }

  #openGate(): void {
    if (this.#gate.closed && this.#bytesInMemory <= this.#options.queueBytesMax / 2) this.#gate.open();
  }

  #resolveFlush(): void {
    if (!this.#flushing.isWanted) return;
    this.#syncer.syncNow();
    if (this.#isFlushed) this.#flushing.done();
  }

  #look(): void {
    this.#queue.trim();
    const reason = this.#output.look();
    if (reason === undefined) this.#replaceIfIdle();
    else this.#leave(reason);
  }

  #leave(reason: Replacement): void {
    this.#output.leave(reason);
    this.#replaceIfIdle();
  }

  /** Replaces a file that is to be left, once no write or sync of it is under way. */
  #replaceIfIdle(): void {
    if (!this.#output.isLeaving || !this.#isIdle) return;
    const outcome = this.#output.replace();
    if (outcome === "stranded") return;
    if (outcome === "synced") this.#syncer.markDurable(this.#written);
    if (outcome === "suspect") {
      if (!this.#queue.retains) this.#times.forget(this.#written, this.#bytes);
      this.#queue.rewind();
      this.#syncer.distrust();
    }
    this.#syncer.resume();
    this.#writer.retry();
  }

  async #close(): Promise<void> {
    await this.#output.retention.close();
    await this.flush();
    clearInterval(this.#lookTimer);
    this.#syncer.close();
    this.#writer.close();
    this.#unwritten = this.#queue.lines();
    this.#output.close(this.#isIdle);
  }
}
