import { crc32 } from "../checkpoint/crc32.ts";
import { countLines } from "../core/whole-lines.ts";
import { type Block, type Engine, EngineError, type Opened } from "./engines/engine.ts";
import { type OutcomeParts, Outcomes } from "./outcomes.ts";
import { Pause } from "./pause.ts";
import { type Cut, endsOf, Planner, type Unit } from "./planner.ts";
import type { Progress } from "./progress.ts";
import type { Range } from "./reconcile.ts";
import { Window, type WindowLimits } from "./window.ts";

export interface SessionOptions {
  /** The log's path, beside which the rejected lines go. */
  readonly path: string;
  readonly blockBytes: number;
  readonly unit: Unit;
  /** How long lines wait for others, and how often the file is looked at. */
  readonly lingerMs: number;
  readonly window: WindowLimits;
}

/** What a session begins with. */
export interface Connection {
  readonly engine: Engine;
  readonly opened: Opened;
  /** What the engine has behind the checkpoint's offset. */
  readonly stored: readonly Range[];
  /** It has failed when it was to take a block, and has taken none since. */
  readonly isRefusing: boolean;
}

/** What sessions share. */
export interface SessionParts extends OutcomeParts {
  /** The engine has answered for a block. */
  readonly acknowledged: () => void;
  /** Whether to end when all that the files have now is acknowledged, and whether to end at once. */
  readonly ending: { readonly isWanted: boolean; readonly isDue: boolean; wake: () => void };
}

/** Sends blocks over one connection until it fails, or until all is acknowledged and nothing more is wanted. */
export class Session {
  readonly #engine: Engine;
  readonly #opened: Opened;
  readonly #options: SessionOptions;
  readonly #parts: SessionParts;
  #window: Window;
  #planner: Planner;
  /** An EngineError, or a bug. */
  #failure: unknown;
  readonly #outcomes: Outcomes;
  readonly #pause = new Pause();
  /** Nothing more is to be read before this time. */
  #nextLookMs = 0;
  #isAtGoal = false;
  #isFileFinished = false;
  #isTruncated = false;
  /** What the engine has behind the checkpoint's offset. */
  #stored: readonly Range[];
  /** The highest number of the contiguous prefix: a block that was refused at first may have one above those behind it. */
  #reached: number;
  /** No block behind the prefix has this number or a lower one. */
  #sequence: number;

  constructor(connection: Connection, options: SessionOptions, parts: SessionParts) {
    this.#engine = connection.engine;
    this.#opened = connection.opened;
    this.#options = options;
    this.#parts = parts;
    this.#outcomes = new Outcomes(options.path, parts);
    this.#stored = connection.stored;
    [this.#window, this.#planner] = this.#begin(connection.isRefusing);
    this.#sequence = this.#reached = this.#checkpoint().sequence;
  }

  /**
   * Resolves when the end is due, when all is acknowledged and the end is wanted, or when the file is gone or has lost its
   * end.
   *
   * @throws EngineError, and what is a bug, as it is
   */
  async run(): Promise<void> {
    this.#parts.ending.wake = () => this.#pause.end();
    try {
      await this.#forward();
    } catch (error) {
      // A line that couldn't be rejected, for instance, must not be passed over.
      if (error instanceof EngineError) this.#saveReached();
      throw error;
    }
    this.#saveReached();
  }

  async #forward(): Promise<void> {
    while (!this.#parts.ending.isDue) {
      this.#step();
      if (this.#window.isEmpty && this.#isDone()) return;
      // Until something is acknowledged or fails, or it is time to look at the file; timers may fire a millisecond early.
      await this.#pause.wait(this.#options.lingerMs + 1);
      if (this.#failure !== undefined) throw this.#failure;
    }
  }

  #saveReached(): void {
    const offset = this.#complete();
    if (offset !== this.#checkpoint().file.offset) this.#save(offset);
  }

  /** Notes what is acknowledged, and sends what there is. The checkpoint comes first. */
  #step(): void {
    this.#complete();
    const blocks = this.#fill();
    const offset = this.#complete();
    if (blocks.length > 0 || (this.#window.isEmpty && offset !== this.#checkpoint().file.offset)) this.#save(offset);
    for (const block of blocks) this.#send(block);
  }

  /** A mark is made from the file's bytes, so it stays where it is once the file has lost them. */
  #save(offset: number): void {
    const { progress, source } = this.#parts;
    this.#isTruncated ||= !this.#planner.isIntact;
    if (this.#isTruncated) return;
    const inFlight = [...this.#window.lengths, ...this.#planner.savedFrom(this.#window.end)];
    progress.move(source.file, offset, { sequence: this.#sequence, inFlight });
  }

  /** @returns the end of the contiguous prefix */
  #complete(): number {
    const { tally } = this.#parts;
    const { offset, sequence, lines, bytes, refusals } = this.#window.complete();
    for (const refusal of refusals) this.#outcomes.reject(refusal);
    tally.lines += lines;
    tally.bytes += bytes;
    this.#reached = Math.max(sequence ?? 0, this.#reached);
    if (!this.#stored.some(({ end }) => end > offset)) this.#sequence = this.#reached;
    return offset;
  }

  #send(block: Block): void {
    this.#engine.send(block).then(
      (sent) => {
        if (sent.sequence !== undefined) this.#parts.tally.blocks++;
        this.#parts.acknowledged();
        this.#window.acknowledge(block.offset, sent);
        this.#planner.release(block.bytes);
        this.#outcomes.warn(sent.warning);
        this.#pause.end();
      },
      (error: unknown) => {
        this.#failure ??= error;
        this.#pause.end();
      },
    );
  }

  /** Cuts blocks until the window is full, or the file has no more. */
  #fill(): Block[] {
    const blocks: Block[] = [];
    if (performance.now() < this.#nextLookMs || this.#isAtGoal || this.#isTruncated) return blocks;
    while (!this.#window.isFull) {
      const cut = this.#look();
      if (cut === undefined) {
        this.#atEnd();
        return blocks;
      }
      const block = this.#accept(cut);
      if (block !== undefined) blocks.push(block);
      if (cut.kind !== "block" || cut.isFull || this.#isFileFinished) continue;
      // A partial block: others may follow it after a while.
      this.#nextLookMs = performance.now() + this.#options.lingerMs;
      if (this.#parts.ending.isWanted) continue;
      return blocks;
    }
    return blocks;
  }

  #look(): Cut | undefined {
    const { file } = this.#parts.source;
    const { end } = this.#window;
    const { bytes } = file;
    const cut = bytes > end ? this.#planner.cut(end, this.#isFileFinished) : undefined;
    if (bytes < end || (cut === undefined && !this.#planner.isIntact)) this.#isTruncated = true;
    return cut;
  }

  #accept(cut: Cut): Block | undefined {
    const { offset } = cut;
    if (cut.kind === "block") {
      const { bytes } = cut;
      const lines = countLines(bytes);
      const { file, generation } = this.#checkpoint();
      const block = { file: file.id, offset, bytes, lines, crc: crc32(bytes), generation };
      this.#window.add({ offset, length: bytes.length, lines, block });
      return block;
    }
    const { length } = cut;
    const message = `a message has at most ${this.#opened.lineBytesMax} bytes`;
    const refusals = cut.kind === "tooLong" ? [{ reason: cut.kind, offset, length, lines: 1, message }] : [];
    const sequence = cut.kind === "stored" ? cut.sequence : undefined;
    this.#window.add({ offset, length, lines: 0, block: undefined }, { sequence, refusals });
    return undefined;
  }

  /** The file has no more whole lines just now. */
  #atEnd(): void {
    const { source, ending } = this.#parts;
    this.#nextLookMs = performance.now() + this.#options.lingerMs;
    if (this.#isTruncated) return;
    if (!this.#isFileFinished && source.isFinished(!ending.isWanted)) {
      // What it got since the last look, and an unfinished line at its end.
      this.#isFileFinished = true;
      this.#nextLookMs = 0;
    } else if (!this.#isFileFinished && ending.isWanted) this.#isAtGoal = true;
  }

  /** With all acknowledged: whether the session is over. Otherwise the next file is begun where it is time. */
  #isDone(): boolean {
    const { source } = this.#parts;
    if (this.#isTruncated) return !source.reopen(this.#window.end) || source.hasLoss || this.#isBegun();
    const isRead = source.file.bytes <= this.#window.end;
    if (this.#isFileFinished && isRead && source.advance()) return this.#isBegun();
    return this.#isAtGoal;
  }

  /** @returns false: the session goes on */
  #isBegun(): false {
    this.#stored = [];
    [this.#window, this.#planner] = this.#begin();
    this.#isTruncated = this.#isFileFinished = false;
    this.#nextLookMs = 0;
    this.#pause.end();
    return false;
  }

  #begin(isRefusing = false): [Window, Planner] {
    const { file, inFlight } = this.#checkpoint();
    const saved = endsOf(file.offset, inFlight);
    const { blockBytes, unit, window } = this.#options;
    const { blockBytesMax, lineBytesMax } = this.#opened;
    const limits = { blockBytes, blockBytesMax, lineBytesMax, unit };
    return [
      new Window(file.offset, window, isRefusing),
      new Planner(this.#parts.source.file, limits, { offset: file.offset, saved, stored: this.#stored }),
    ];
  }

  #checkpoint(): NonNullable<Progress["checkpoint"]> {
    const { checkpoint } = this.#parts.progress;
    if (checkpoint === undefined) throw new Error("a session needs a file");
    return checkpoint;
  }
}
