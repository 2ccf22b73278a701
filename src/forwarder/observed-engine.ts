import type { Acknowledged, Block, Engine, Opened, Sent, Stored } from "./engines/engine.ts";

/** Files whose blocks are recognised when they are sent again: more than a forwarder goes back. */
const FILES_MAX = 64;

interface Amount {
  blocks: number;
  lines: number;
  bytes: number;
}

/** What a forwarder sends over all its connections. */
export class Traffic {
  connections = 0;
  /** Each attempt counts. */
  readonly sent: Amount = { blocks: 0, lines: 0, bytes: 0 };
  /** Of these, what was sent in this run before. */
  readonly resent: Amount = { blocks: 0, lines: 0, bytes: 0 };
  readonly #acknowledged: (seconds: number) => void;
  /** When they were sent, in that order. */
  readonly #unanswered = new Set<{ readonly atMs: number }>();
  /** How far the files have been sent, by their random names. */
  readonly #ends = new Map<string, number>();

  /** @param acknowledged called with the time that each block's acknowledgement took */
  constructor(acknowledged: (seconds: number) => void) {
    this.#acknowledged = acknowledged;
  }

  get unansweredBlocks(): number {
    return this.#unanswered.size;
  }

  /** How long the oldest block without an answer has waited; 0 where there is none. */
  get waitingSeconds(): number {
    for (const { atMs } of this.#unanswered) return (performance.now() - atMs) / 1000;
    return 0;
  }

  /** A block is sent. @returns to be called upon its answer: whether it is acknowledged */
  begin({ file, offset, bytes, lines }: Block): (isAcknowledged: boolean) => void {
    add(this.sent, lines, bytes.length);
    const end = this.#ends.get(file) ?? 0;
    if (offset < end) add(this.resent, lines, bytes.length);
    else this.#noteEnd(file, offset + bytes.length);
    const sending = { atMs: performance.now() };
    this.#unanswered.add(sending);
    return (isAcknowledged) => {
      this.#unanswered.delete(sending);
      if (isAcknowledged) this.#acknowledged((performance.now() - sending.atMs) / 1000);
    };
  }

  #noteEnd(file: string, end: number): void {
    this.#ends.set(file, end);
    if (this.#ends.size <= FILES_MAX) return;
    for (const oldest of this.#ends.keys()) {
      this.#ends.delete(oldest);
      return;
    }
  }
}

function add(amount: Amount, lines: number, bytes: number): void {
  amount.blocks++;
  amount.lines += lines;
  amount.bytes += bytes;
}

/** A connection whose traffic is counted. */
export class ObservedEngine implements Engine {
  readonly #engine: Engine;
  readonly #traffic: Traffic;

  constructor(engine: Engine, traffic: Traffic) {
    this.#engine = engine;
    this.#traffic = traffic;
  }

  async open(): Promise<Opened> {
    const opened = await this.#engine.open();
    this.#traffic.connections++;
    return opened;
  }

  async send(block: Block): Promise<Sent> {
    const end = this.#traffic.begin(block);
    let isAcknowledged = false;
    try {
      const sent = await this.#engine.send(block);
      isAcknowledged = true;
      return sent;
    } finally {
      end(isAcknowledged);
    }
  }

  stored(last: Acknowledged): Promise<Stored | undefined> {
    return this.#engine.stored(last);
  }

  async bytesOf(sequence: number): Promise<Buffer | undefined> {
    return this.#engine.bytesOf?.(sequence);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
