import fc from "fast-check";
import { expect, test } from "vitest";
import { TAIL_BYTES_RESERVED } from "../../src/core/limits.ts";
import { type FramingCounts, framingCounts } from "../../src/framing/framing.ts";
import { StreamFramer } from "../../src/framing/stream-framer.ts";
import { TailBudget } from "../../src/framing/tail-budget.ts";
import { runs } from "../support/property-runs.ts";

const CHANNELS = 6;
const LINE_BYTES_MAX = 50_000;

/** Some bytes of one channel; the last one may be an LF. */
interface Step {
  readonly channel: number;
  readonly bytes: number;
  readonly ends: boolean;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    channel: fc.nat({ max: CHANNELS - 1 }),
    bytes: fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 9000 }), fc.nat({ max: 60_000 })),
    ends: fc.nat({ max: 3 }).map((one) => one === 0),
  }),
  { maxLength: 60 },
);
const budgetBytes = fc.oneof(fc.nat({ max: 20_000 }), fc.nat({ max: 200_000 }));
const RUNS = runs(100);

class Channel {
  readonly counts: FramingCounts = framingCounts();
  readonly framer: StreamFramer;
  readonly stored: number[] = [];

  constructor(budget: TailBudget) {
    this.framer = new StreamFramer({ lineBytesMax: LINE_BYTES_MAX, budget, counts: this.counts }, (block) => {
      const lengths = block.toString("latin1").split("\n");
      this.stored.push(...lengths.slice(0, -1).map((line) => line.length));
    });
  }

  push({ bytes, ends }: Step): void {
    this.framer.push(Buffer.alloc(bytes + (ends ? 1 : 0), `${"x".repeat(bytes)}${ends ? "\n" : ""}`));
  }
}

/** What a channel's current line is worth, as the rule sees it. */
interface ModelLine {
  bytes: number;
  /** Counts up whenever some line needs the next larger memory. */
  since: number;
  skipped: boolean;
}

/** The rule in words of its own, with a look at every channel. */
class Model {
  readonly lines: ModelLine[] = Array.from({ length: CHANNELS }, () => ({ bytes: 0, since: 0, skipped: false }));
  readonly stored: number[][] = Array.from({ length: CHANNELS }, () => []);
  readonly shed: number[] = new Array<number>(CHANNELS).fill(0);
  readonly oversize: number[] = new Array<number>(CHANNELS).fill(0);
  readonly #budgetBytes: number;
  #clock = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  push({ channel, bytes, ends }: Step): void {
    const line = this.lines[channel] ?? { bytes: 0, since: 0, skipped: false };
    const grown = line.bytes + bytes;
    if (ends) {
      if (!line.skipped && grown > LINE_BYTES_MAX) this.#add(this.oversize, channel);
      else if (!line.skipped) this.stored[channel]?.push(grown);
      this.lines[channel] = { bytes: 0, since: 0, skipped: false };
    } else if (!line.skipped && grown > LINE_BYTES_MAX) {
      this.#add(this.oversize, channel);
      Object.assign(line, { bytes: 0, skipped: true });
    } else if (!line.skipped) {
      if (memoryOf(grown) > memoryOf(line.bytes)) line.since = ++this.#clock;
      line.bytes = grown;
      this.#giveUpLargest();
    }
  }

  #giveUpLargest(): void {
    const shared = this.lines.reduce((sum, { bytes }) => sum + sharedOf(bytes), 0);
    if (shared <= this.#budgetBytes) return;
    const order = this.lines
      .map((line, channel) => ({ line, channel }))
      .sort((a, b) => memoryOf(b.line.bytes) - memoryOf(a.line.bytes) || a.line.since - b.line.since);
    const largest = order[0];
    if (largest === undefined) return;
    this.#add(this.shed, largest.channel);
    Object.assign(largest.line, { bytes: 0, skipped: true });
  }

  #add(counts: number[], channel: number): void {
    counts[channel] = (counts[channel] ?? 0) + 1;
  }
}

function memoryOf(bytes: number): number {
  let memory = 512;
  while (memory < bytes) memory *= 2;
  return bytes === 0 ? 0 : Math.min(memory, LINE_BYTES_MAX);
}

function sharedOf(bytes: number): number {
  return Math.max(0, memoryOf(bytes) - TAIL_BYTES_RESERVED);
}

test("the budget is never exceeded, and gives up the largest unfinished line, the oldest of equals, and no other", () => {
  fc.assert(
    fc.property(steps, budgetBytes, (all, bytesMax) => {
      const budget = new TailBudget(bytesMax);
      const channels = Array.from({ length: CHANNELS }, () => new Channel(budget));
      const model = new Model(bytesMax);
      for (const step of all) {
        channels[step.channel]?.push(step);
        model.push(step);
        expect(budget.bytes).toBeLessThanOrEqual(bytesMax + CHANNELS * TAIL_BYTES_RESERVED);
        expect(channels.map(({ counts }) => counts.shed)).toEqual(model.shed);
      }
      expect(channels.map(({ stored }) => stored)).toEqual(model.stored);
      expect(channels.map(({ counts }) => counts.oversize)).toEqual(model.oversize);
      for (const { framer } of channels) framer.end();
      expect(budget.bytes).toBe(0);
    }),
    RUNS,
  );
});

test("a line that is given up was at least as large as the one that needed the memory", () => {
  fc.assert(
    fc.property(steps, budgetBytes, (all, bytesMax) => {
      const budget = new TailBudget(bytesMax);
      const channels = Array.from({ length: CHANNELS }, () => new Channel(budget));
      const bytes = new Array<number>(CHANNELS).fill(0);
      for (const step of all) {
        const before = channels.map(({ counts }) => counts.shed);
        channels[step.channel]?.push(step);
        bytes[step.channel] = step.ends ? 0 : (bytes[step.channel] ?? 0) + step.bytes;
        const given = channels.flatMap(({ counts }, index) => (counts.shed > (before[index] ?? 0) ? [index] : []));
        expect(given.length).toBeLessThanOrEqual(1);
        for (const index of given) {
          expect(memoryOf(bytes[index] ?? 0)).toBeGreaterThanOrEqual(memoryOf(bytes[step.channel] ?? 0));
          expect(bytes[index]).toBeGreaterThan(TAIL_BYTES_RESERVED);
        }
      }
    }),
    RUNS,
  );
});
