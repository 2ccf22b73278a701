import type { Readable } from "node:stream";
import type { Backpressure } from "../core/backpressure.ts";
import { printableJson } from "../core/printable.ts";
import { countLines } from "../core/whole-lines.ts";
import { type FramingCounts, framingCounts } from "../framing/framing.ts";
import { StreamFramer } from "../framing/stream-framer.ts";
import { TailBudget } from "../framing/tail-budget.ts";
import { LineWrapper } from "../records/line-wrapper.ts";
import type { Outlet } from "./outlet.ts";

/** Where relayed lines come from. */
export interface RelayedInput {
  readonly stream: Readable;
  /** Given, lines that are not JSON objects are wrapped with these fields and the `time` at which they were read. */
  readonly wrappedWith?: Readonly<Record<string, string | number>>;
  /** Gets each chunk before its lines are shipped. */
  readonly passOn?: (chunk: Buffer) => Backpressure;
}

export interface RelayOptions {
  /** Longest line relayed, without its LF. */
  readonly lineBytesMax: number;
  /** Longest line that is sent wrapped, with its LF; a longer one is sent as it is. */
  readonly wrappedBytesMax: number;
  /** Called once, when a line is longer, with the number of lines that came before the chunk it was in. */
  oversize(linesBefore: number): void;
  /** Ends the inputs. */
  readonly stop: AbortSignal;
}

/**
 * Ships the lines of each input in order; lines of different inputs never mix. An unfinished last line gets
 * an LF. Resolves when all inputs have ended, or when `stop` aborts, which ends them.
 */
export async function relayLines(
  inputs: readonly RelayedInput[],
  outlet: Outlet,
  options: RelayOptions,
): Promise<void> {
  const { stop } = options;
  const end = (): void => {
    for (const { stream } of inputs) stream.destroy();
  };
  stop.addEventListener("abort", end, { once: true });
  if (stop.aborted) end();
  const queue = new SendQueue();
  const relays = inputs.map((input) => new Relay(input, { outlet, options, queue }));
  try {
    await Promise.all(relays.map((relay) => relay.run()));
  } finally {
    stop.removeEventListener("abort", end);
    end();
    for (const relay of relays) relay.abandon();
  }
}

/** Lets several inputs ship one after another. */
class SendQueue {
  #last: Promise<void> = Promise.resolve();

  add(work: () => Promise<void> | undefined): Promise<void> {
    this.#last = this.#last.then(work);
    return this.#last;
  }
}

/** What all relays share. */
interface Shared {
  readonly outlet: Outlet;
  readonly options: RelayOptions;
  readonly queue: SendQueue;
}

/** Relays one input to the outlet. */
class Relay {
  readonly #input: RelayedInput;
  readonly #outlet: Outlet;
  readonly #options: RelayOptions;
  readonly #queue: SendQueue;
  readonly #counts: FramingCounts = framingCounts();
  readonly #framer: StreamFramer;
  readonly #wrapper: LineWrapper;
  readonly #blocks: Buffer[] = [];
  #lines = 0;

  constructor(input: RelayedInput, { outlet, options, queue }: Shared) {
    this.#input = input;
    this.#outlet = outlet;
    this.#options = options;
    this.#queue = queue;
    this.#wrapper = new LineWrapper(options.wrappedBytesMax);
    // Memory for the one unfinished line that there can be; its buffer grows by doubling.
    const budget = new TailBudget(2 * options.lineBytesMax + 1024);
    this.#framer = new StreamFramer({ lineBytesMax: options.lineBytesMax, budget, counts: this.#counts }, (block) => {
      // A block of the framer is only valid during the call; what is shipped must last until it was sent.
      this.#blocks.push(Buffer.from(this.#wrapped(block)));
    });
  }

  async run(): Promise<void> {
    try {
      for await (const chunk of this.#input.stream) await this.#receive(chunk);
    } catch (error) {
      // An input that was ended by `stop` fails with a premature close.
      if (!this.#options.stop.aborted) throw error;
    }
    this.#framer.end();
    await this.#ship();
  }

  /** Counts lines that were read and will not be shipped. */
  abandon(): void {
    for (const block of this.#blocks.splice(0)) this.#outlet.withhold("broken", countLines(block));
  }

  #wrapped(block: Buffer): Buffer {
    const { wrappedWith } = this.#input;
    if (wrappedWith === undefined) return block;
    const fields = { ...wrappedWith, time: new Date().toISOString() };
    return this.#wrapper.wrap(block, printableJson(JSON.stringify(fields)).slice(1, -1));
  }

  async #receive(chunk: Buffer): Promise<void> {
    const slow = this.#input.passOn?.(chunk);
    if (slow !== undefined) await slow;
    const oversizeBefore = this.#counts.oversize;
    this.#framer.push(chunk);
    const oversize = this.#counts.oversize - oversizeBefore;
    if (oversize > 0) {
      if (oversizeBefore === 0) this.#options.oversize(this.#lines);
      this.#outlet.withhold("tooLong", oversize);
    }
    await this.#ship();
  }

  async #ship(): Promise<void> {
    for (let block = this.#blocks.shift(); block !== undefined; block = this.#blocks.shift()) {
      const shipped = block;
      const lines = countLines(shipped);
      this.#lines += lines;
      await this.#queue.add(() => this.#outlet.ship(shipped, lines));
    }
  }
}
