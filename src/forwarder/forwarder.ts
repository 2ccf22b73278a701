import { checkpointPath } from "../checkpoint/checkpoint.ts";
import { OperationalError } from "../core/errors.ts";
import { backlogBytes } from "./backlog.ts";
import type { Backoff } from "./backoff.ts";
import { type Engine, EngineError } from "./engines/engine.ts";
import type { ForwarderEvents, Tally } from "./events.ts";
import { type Lag, readLag } from "./lag.ts";
import { LogFiles } from "./log-files.ts";
import { missingFile } from "./missing-file.ts";
import { Progress } from "./progress.ts";
import { Reconciler } from "./reconciler.ts";
import { Session, type SessionOptions } from "./session.ts";
import { Source } from "./source.ts";

/** How often the checkpoint is synced: a power cut costs look-ups, no lines. */
const SYNC_MS = 1000;
/** After the stop, blocks may be sent and acknowledged for this time. */
export const STOP_MS_MAX = 10_000;

export interface ForwarderOptions extends SessionOptions {
  /** Makes a connection. */
  readonly engine: () => Engine;
  /** What the checkpoint is about: the engine and its place, without passwords. */
  readonly target: string;
  /** Whether the checkpoint is kept beside the file; otherwise each run begins with the oldest file. */
  readonly isRemembered: boolean;
  /** End when all that is in the files is acknowledged. */
  readonly isOnce: boolean;
  /** Between attempts. */
  readonly backoff: Backoff;
  readonly events: ForwarderEvents;
  /** Aborted: end, after up to STOP_MS_MAX. */
  readonly stop: AbortSignal;
}

/** How a forwarder ended. */
export interface Forwarding {
  readonly tally: Readonly<Tally>;
  /** Bytes of all files that were not acknowledged at the end, an unfinished line not counted; null if that isn't known. */
  readonly backlogBytes: number | null;
}

/** Forwards a log file and its rotated files, until it is stopped. Made once, run once. */
export class Forwarder {
  readonly tally: Tally = { blocks: 0, lines: 0, bytes: 0, found: 0, rejected: 0, unnamed: 0 };
  readonly #options: ForwarderOptions;
  readonly #files: LogFiles;
  readonly #progress: Progress;
  readonly #source: Source;
  readonly #reconciler: Reconciler;
  readonly #ending: { isWanted: boolean; isDue: boolean; wake: () => void };
  #failure: unknown;
  #isWaiting = false;
  /** It failed when it was to take a block: reaching it again is not the end of the outage. */
  #isRefusing = false;
  /** For which the engine has asked. */
  #pauseMs = 0;

  /** Locks the checkpoint. @throws OperationalError CHECKPOINT_IN_USE, CHECKPOINT_UNUSABLE, INPUT_UNREADABLE */
  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#files = new LogFiles(options.path);
    // Before a checkpoint is created beside it.
    const oldest = this.#files.oldest();
    oldest?.close();
    if (oldest === undefined && options.isOnce) throw missingFile(options.path);
    this.#progress = new Progress(options.isRemembered ? checkpointPath(options.path) : undefined, options.target);
    this.#source = new Source(this.#files, this.#progress, options.events);
    this.#reconciler = new Reconciler({
      source: this.#source,
      tally: this.tally,
      events: options.events,
      rest: () => this.#rest(options.backoff.next()),
    });
    this.#ending = { isWanted: options.isOnce, isDue: false, wake: () => {} };
  }

  /** Bytes that are not acknowledged now; null if that isn't known, because the present file is gone. */
  get backlogBytes(): number | null {
    return backlogBytes(this.#files, this.#progress.checkpoint);
  }

  /** The same with lines and their age, for which files are read. */
  get lag(): Lag {
    return readLag(this.#files, this.#progress.checkpoint, new Date());
  }

  /** @throws OperationalError ENGINE_REFUSED, INPUT_UNREADABLE */
  async run(): Promise<Forwarding> {
    const deadline = this.#stopWhenAsked();
    const syncing = setInterval(() => this.#sync(), SYNC_MS);
    try {
      while (!(await this.#attempt())) await this.#rest(Math.max(this.#options.backoff.next(), this.#pauseMs));
      this.#sync();
      if (this.#failure !== undefined) throw this.#failure;
      return { tally: this.tally, backlogBytes: this.backlogBytes };
    } finally {
      clearInterval(syncing);
      deadline();
      this.#source.close();
      this.#sync();
      this.#progress.close();
    }
  }

  /** One connection. @returns whether nothing more is to be done */
  async #attempt(): Promise<boolean> {
    const engine = this.#options.engine();
    let isSending = false;
    try {
      const opened = await engine.open();
      this.#pauseMs = 0;
      if (!this.#source.open(this.#options.target, opened.sequence)) return this.#isWithoutFile();
      const { acknowledged } = this.#source;
      const stored = await this.#reconciler.reconcile(engine);
      if (this.#source.acknowledged !== acknowledged) this.#isRefusing = false;
      if (!this.#isRefusing) this.#connected();
      isSending = true;
      await new Session({ engine, opened, stored, isRefusing: this.#isRefusing }, this.#options, {
        source: this.#source,
        progress: this.#progress,
        tally: this.tally,
        events: this.#options.events,
        acknowledged: () => this.#acknowledged(),
        ending: this.#ending,
      }).run();
      // A file that has lost its end is compared with what is stored first.
      return this.#ending.isDue || (this.#ending.isWanted && !this.#source.hasLoss);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (error.remedy === "giveUp") throw new OperationalError("ENGINE_REFUSED", error.message, { cause: error });
      this.#reconciler.isInDoubt ||= error.isInDoubt;
      this.#isRefusing ||= isSending;
      this.#pauseMs = error.pauseMs;
      return this.#isOver(error.message);
    } finally {
      await engine.close();
    }
  }

  /** The engine has a block: a later failure is another outage. */
  #acknowledged(): void {
    this.#options.backoff.reset();
    if (this.#isRefusing) this.#connected();
  }

  #connected(): void {
    this.#isWaiting = this.#isRefusing = false;
    const { file } = this.#progress.checkpoint ?? {};
    this.#options.events.connected({
      target: this.#options.target,
      file: file?.id ?? "",
      offset: file?.offset ?? 0,
    });
  }

  #isWithoutFile(): boolean {
    const { path, isOnce } = this.#options;
    if (isOnce) throw missingFile(path);
    return this.#isOver(`${path} doesn't exist yet`) || this.#ending.isWanted;
  }

  /** Something prevents forwarding for now. @returns whether there is no time left to try again */
  #isOver(reason: string): boolean {
    if (!this.#isWaiting && !this.#ending.isDue) this.#options.events.waiting(reason);
    this.#isWaiting = true;
    return this.#ending.isDue;
  }

  /** @returns to be called at the end */
  #stopWhenAsked(): () => void {
    const { stop } = this.#options;
    let deadline: NodeJS.Timeout | undefined;
    const begin = (): void => {
      this.#ending.isWanted = true;
      deadline = setTimeout(() => {
        this.#ending.isDue = true;
        this.#ending.wake();
      }, STOP_MS_MAX);
      this.#ending.wake();
    };
    if (stop.aborted) begin();
    else stop.addEventListener("abort", begin, { once: true });
    return () => {
      clearTimeout(deadline);
      stop.removeEventListener("abort", begin);
    };
  }

  /** A timer calls this, where nothing can be thrown: a failure ends the session. */
  #sync(): void {
    try {
      this.#progress.sync();
    } catch (error) {
      this.#failure ??= error;
      this.#ending.isWanted = this.#ending.isDue = true;
      this.#ending.wake();
    }
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#ending.wake = () => {
        if (!this.#ending.isDue) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
