/**
 * When what was written is made safe against a power cut: never, at an interval, or at once (`ack`: as soon as the last
 * sync is over, all that came meanwhile together).
 */
export type Durability =
  | { readonly mode: "none" }
  | { readonly mode: "interval"; readonly intervalMs: number }
  | { readonly mode: "ack" };

export interface SyncerOptions {
  readonly durability: Durability;
  /** Syncs what has been written. */
  sync(done: (error: Error | null) => void): void;
  /** All up to the position, the end of a whole line, has been synced (with "none": written). */
  durable(upTo: number): void;
  /** All up to the position may be acknowledged: synced under "ack", else written. */
  confirmed(upTo: number): void;
  /** A sync failed; nothing more is safe. */
  failed(error: Error): void;
  /** A sync is over, either way; nothing is under way now. */
  over(): void;
}

/**
 * Group commit: at most one fdatasync(2) is under way, and the next one covers all that was written meanwhile, so one sync
 * serves any number of senders. Positions are bytes since start.
 */
export class Syncer {
  readonly #options: SyncerOptions;
  #written = 0;
  /** Up to here nothing is left to do: all is safe, or never will be. */
  #settled = 0;
  #suspect = 0;
  #confirmed = 0;
  #underWay = false;
  #paused = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SyncerOptions) {
    this.#options = options;
  }

  /** All up to this position is safe (with "none": handed to the kernel), or never will be known to be. */
  get settledUpTo(): number {
    return this.#settled;
  }

  /** Bytes that are safe; with "none" those handed to the kernel. */
  get durableBytes(): number {
    return this.#settled - this.#suspect;
  }

  /** Bytes that a file got since its last good sync, and whose next one failed. */
  get suspectBytes(): number {
    return this.#suspect;
  }

  get confirmed(): number {
    return this.#confirmed;
  }

  get underWay(): boolean {
    return this.#underWay;
  }

  /** Writes may have to wait for the sync under way. Under "ack" their senders wait for it anyway. */
  get slowsWrites(): boolean {
    return this.#underWay && this.#options.durability.mode === "interval";
  }

  /** Notes how far the file is written, always the end of a whole line. */
  written(position: number): void {
    this.#written = position;
    const { durability } = this.#options;
    if (durability.mode !== "ack") this.#confirm(position);
    if (durability.mode === "none") this.settled(position);
    else if (durability.mode === "ack") this.#start();
    else this.#timer ??= setTimeout(this.#elapsed, durability.intervalMs);
  }

  /** What is written up to the position is safe, by this sync or by other means. */
  settled(position: number): void {
    if (position <= this.#settled) return;
    this.#settled = position;
    this.#options.durable(position);
    this.#confirm(position);
  }

  /** Begins no sync until resume(). */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#options.durability.mode === "ack") this.#start();
  }

  /** What was written and isn't safe is going to be written again. */
  rewound(): void {
    this.#written = this.#settled;
  }

  /** What was written and isn't safe stays in a file that can't be trusted. */
  forsake(): void {
    this.#suspect += this.#written - this.#settled;
    this.settled(this.#written);
  }

  /** Syncs now, whatever the interval says. */
  hurry(): void {
    if (this.#options.durability.mode !== "none") this.#start();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #confirm(position: number): void {
    if (position <= this.#confirmed) return;
    this.#confirmed = position;
    this.#options.confirmed(position);
  }

  readonly #elapsed = (): void => {
    this.#timer = undefined;
    this.#start();
  };

  #start(): void {
    if (this.#underWay || this.#paused || this.#written <= this.#settled) return;
    this.#underWay = true;
    const upTo = this.#written;
    this.#options.sync((error) => {
      this.#underWay = false;
      if (error === null) this.settled(upTo);
      else this.#options.failed(error);
      this.#options.over();
      if (this.#options.durability.mode === "ack") this.#start();
    });
  }
}
