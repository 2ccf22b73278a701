import { describe, expect, test } from "vitest";
import { TAIL_BYTES_RESERVED } from "../../src/core/limits.ts";
import { type FramingCounts, framingCounts } from "../../src/framing/framing.ts";
import { StreamFramer } from "../../src/framing/stream-framer.ts";
import { TailBudget } from "../../src/framing/tail-budget.ts";
import { singleBytes } from "../support/cuts.ts";
import { BlockCollector } from "../support/framed.ts";

const KiB = 1024;

/** A channel, with counts and lines of its own. */
class TestChannel {
  readonly counts: FramingCounts = framingCounts();
  readonly framer: StreamFramer;
  readonly #collector = new BlockCollector();

  constructor(budget: TailBudget, lineBytesMax: number = 1024 * KiB) {
    this.framer = new StreamFramer({ lineBytesMax, budget, counts: this.counts }, this.#collector.emit);
  }

  push(text: string): void {
    this.framer.push(Buffer.from(text));
  }

  get lines(): string[] {
    return this.#collector.lines;
  }
}

/** So many channels with so many bytes of an unfinished line each. */
function holders(budget: TailBudget, count: number, bytes: number): TestChannel[] {
  return Array.from({ length: count }, () => {
    const channel = new TestChannel(budget);
    channel.push("h".repeat(bytes));
    return channel;
  });
}

/** Numbers of the channels whose line was given up. */
function shed(channels: readonly TestChannel[]): number[] {
  return channels.flatMap(({ counts }, index) => (counts.shed === 0 ? [] : [index]));
}

test("a line that fits in its channel's own memory is kept, however much others use", () => {
  const budget = new TailBudget(0);
  const channels = holders(budget, 100, TAIL_BYTES_RESERVED);
  for (const { framer } of channels) for (const byte of singleBytes(Buffer.from("\n"))) framer.push(byte);
  expect(channels.map(({ lines }) => lines[0]?.length)).toEqual(channels.map(() => TAIL_BYTES_RESERVED));
  expect(shed(channels)).toEqual([]);
  expect(budget.bytes).toBe(100 * TAIL_BYTES_RESERVED);
});

describe("when the budget is full", () => {
  test("the largest unfinished line is given up, whenever it began", () => {
    const budget = new TailBudget(100 * KiB);
    const channels = [8, 16, 64, 16].flatMap((size) => holders(budget, 1, size * KiB));
    channels.push(...holders(budget, 1, 32 * KiB));
    expect(shed(channels)).toEqual([2]);
  });

  test("of equals it is the one that has been so large for longest", () => {
    const budget = new TailBudget(3 * 12 * KiB);
    const channels = holders(budget, 1, 5 * KiB);
    channels.push(...holders(budget, 2, 16 * KiB));
    channels[0]?.push("later as large".repeat(500));
    expect(shed(channels)).toEqual([]);
    channels.push(...holders(budget, 1, 16 * KiB));
    expect(shed(channels)).toEqual([1]);
    channels.push(...holders(budget, 1, 16 * KiB));
    expect(shed(channels)).toEqual([1, 2]);
    channels.push(...holders(budget, 1, 16 * KiB));
    expect(shed(channels)).toEqual([0, 1, 2]);
  });

  test("a line that has grown and ended is no candidate among those of its former size", () => {
    const budget = new TailBudget(4 * 12 * KiB);
    const [grown, ...others] = holders(budget, 2, 16 * KiB);
    grown?.push("x".repeat(KiB));
    grown?.push("\n");
    others.push(...holders(budget, 4, 16 * KiB));
    expect(grown?.counts.shed).toBe(0);
    expect(shed(others)).toEqual([0]);
  });

  test("it is the asking line itself when no other is as large", () => {
    const budget = new TailBudget(100 * KiB);
    const channels = holders(budget, 3, 32 * KiB);
    channels.push(...holders(budget, 1, 33 * KiB));
    expect(shed(channels)).toEqual([3]);
    channels[1]?.push("x".repeat(KiB));
    expect(shed(channels)).toEqual([1, 3]);
  });

  test("one growth costs at most one line", () => {
    const budget = new TailBudget(1024 * KiB);
    const channels = holders(budget, 200, 12 * KiB);
    const before = shed(channels).length;
    channels.push(...holders(budget, 1, 1000 * KiB));
    expect(shed(channels).length).toBe(before + 1);
  });

  test("the remainder of the line is skipped to its LF, and the channel's next lines are stored", () => {
    const budget = new TailBudget(16 * KiB);
    const [idle, honest] = [...holders(budget, 1, 16 * KiB), ...holders(budget, 1, 15 * KiB)];
    expect(idle?.counts).toMatchObject({ shed: 1, oversize: 0 });
    idle?.push("rest");
    idle?.push(" of it\nwhole\nhalf");
    idle?.push(" and half\n");
    honest?.push("\n");
    expect(idle?.lines).toEqual(["whole", "half and half"]);
    expect(idle?.counts).toMatchObject({ shed: 1, oversize: 0, unterminated: 0 });
    expect(honest?.lines.map((line) => line.length)).toEqual([15 * KiB]);
  });

  test("a line that is complete is stored, however long its remainder is", () => {
    const budget = new TailBudget(0);
    const [channel] = holders(budget, 1, KiB);
    channel?.push(`${"x".repeat(100 * KiB)}\nnext\n`);
    expect(channel?.lines.map((line) => line.length)).toEqual([101 * KiB, 4]);
    expect(budget.bytes).toBeLessThanOrEqual(TAIL_BYTES_RESERVED);
  });

  test("the channel is notified when another's line needs the memory", () => {
    const budget = new TailBudget(16 * KiB);
    const evictions: number[] = [];
    const [channel] = holders(budget, 1, 16 * KiB);
    channel?.framer.onEvicted(() => evictions.push(channel.counts.shed));
    holders(budget, 1, 16 * KiB);
    expect(evictions).toEqual([1]);
    channel?.push(`\n${"y".repeat(40 * KiB)}`);
    expect(channel?.counts.shed).toBe(2);
    expect(evictions).toEqual([1]);
  });
});

test("memory that no unfinished line uses is nobody's", () => {
  const budget = new TailBudget(1024 * KiB);
  const channels = holders(budget, 10, 100 * KiB);
  for (const channel of channels) channel.push("\n");
  expect(budget.bytes).toBe(0);
  for (const { framer } of channels) framer.end();
  expect(budget.bytes).toBe(0);
});
