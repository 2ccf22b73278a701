import { describe, expect, test, vi } from "vitest";
import { framingCounts } from "../../src/framing/framing.ts";
import { StreamFramer } from "../../src/framing/stream-framer.ts";
import type { Tail } from "../../src/framing/tail.ts";
import { TailBudget } from "../../src/framing/tail-budget.ts";
import { cuts, everyCut, singleBytes } from "../support/cuts.ts";
import { BlockCollector, frameStream, referenceFraming } from "../support/framed.ts";

const INPUTS: Record<string, string> = {
  "one line": "abc\n",
  "several lines": "a\nbcd\nef\nghij\n",
  "blank lines": "\n\na\n\n\nb\n\n",
  "only line feeds": "\n\n\n\n\n",
  "CR LF": "ab\r\n\r\ncd\r\n",
  "an unfinished last line": "abc\ndef",
  "nothing but an unfinished line": "abcdef",
  "an unfinished CR": "abc\r",
  "every line at the limit": "12345678\n12345678\n",
  "a line one over the limit": "a\n123456789\nb\n",
  "a long line first": "0123456789ABCDEF\nb\nc\n",
  "a long line last": "a\n0123456789ABCDEF\n",
  "a long line unfinished": "a\n0123456789ABC",
  "long lines in a row": "0123456789\n0123456789\nx\n0123456789",
  "NUL and high bytes": "\0\xff\n\xfe\xfd\n\0",
};
const LINE_BYTES_MAX = 8;

describe.each(Object.entries(INPUTS))("%s", (_, text) => {
  const bytes = Buffer.from(text, "latin1");

  test("gives the same lines and counts however it is cut", () => {
    const wanted = referenceFraming(bytes, LINE_BYTES_MAX);
    for (const chunks of everyCut(bytes)) {
      const shown = JSON.stringify(chunks.map((chunk) => chunk.toString("latin1")));
      expect(frameStream(chunks, LINE_BYTES_MAX), shown).toEqual(wanted);
    }
  });
});

test("empty chunks change nothing", () => {
  const chunks = [Buffer.alloc(0), Buffer.from("ab"), Buffer.alloc(0), Buffer.from("\n"), Buffer.alloc(0)];
  expect(frameStream(chunks, LINE_BYTES_MAX).lines).toEqual(["ab"]);
});

test("a chunk of whole lines is handed on where it lies", () => {
  const chunk = Buffer.from("a\nbcd\n");
  const seen: Buffer[] = [];
  const framer = new StreamFramer(
    { lineBytesMax: LINE_BYTES_MAX, budget: new TailBudget(0), counts: framingCounts() },
    (block) => seen.push(block),
  );
  framer.push(chunk);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toBe(chunk);
});

test("what comes after end() starts a new line", () => {
  const collector = new BlockCollector();
  const framer = new StreamFramer(
    { lineBytesMax: LINE_BYTES_MAX, budget: new TailBudget(4096), counts: framingCounts() },
    collector.emit,
  );
  for (const text of ["ab", "0123456789"]) {
    framer.push(Buffer.from(text));
    framer.end();
    framer.push(Buffer.from("cd\n"));
  }
  expect(collector.lines).toEqual(["ab", "cd", "cd"]);
});

describe("the budget of unfinished lines", () => {
  test("is given back by every road a tail can take", () => {
    for (const text of ["ab", "ab\n", "ab\ncd", "0123456789", "0123456789\nab", "\n"]) {
      for (const chunks of cuts(Buffer.from(`${text}!`), 2)) {
        const budget = new TailBudget(1024 * 1024);
        frameStream(chunks, LINE_BYTES_MAX, budget);
        expect(budget.bytes, text).toBe(0);
      }
    }
  });

  test("holds at most the longest line per channel, however long a line goes on", () => {
    const budget = new TailBudget(1024 * 1024);
    const counts = framingCounts();
    const framer = new StreamFramer({ lineBytesMax: 10_000, budget, counts }, () => {});
    let most = 0;
    for (let i = 0; i < 5000; i++) {
      framer.push(Buffer.alloc(1000, "y"));
      most = Math.max(most, budget.bytes);
    }
    expect(most).toBe(10_000);
    expect(budget.bytes).toBe(0);
    expect(counts.oversize).toBe(1);
  });
});

describe("a line that comes byte by byte", () => {
  test("has its memory allocated a logarithmic number of times", () => {
    class CountingBudget extends TailBudget {
      reservations = 0;
      override reserve(tail: Tail, bytes: number): Buffer | undefined {
        this.reservations++;
        return super.reserve(tail, bytes);
      }
    }
    const budget = new CountingBudget(1024 * 1024);
    const { lines } = frameStream(singleBytes(Buffer.from(`${"z".repeat(128 * 1024)}\n`)), 128 * 1024, budget);
    expect(lines.map((line) => line.length)).toEqual([128 * 1024]);
    expect(budget.reservations).toBeLessThanOrEqual(12);
  });

  test("costs linear time: each byte is searched and copied a few times, whatever comes before it", () => {
    const bytes = 64 * 1024;
    const framer = new StreamFramer(
      { lineBytesMax: bytes, budget: new TailBudget(4 * bytes), counts: framingCounts() },
      () => {},
    );
    const searches = [vi.spyOn(Buffer.prototype, "lastIndexOf"), vi.spyOn(Buffer.prototype, "indexOf")];
    const copies = vi.spyOn(Buffer.prototype, "copy");
    const sets = vi.spyOn(Uint8Array.prototype, "set");
    const byte = Buffer.from("z");
    for (let i = 0; i < bytes; i++) framer.push(byte);
    framer.end();
    const searched = searches.flatMap(({ mock }) => mock.contexts).map(({ length }) => length);
    const copied = copies.mock.calls.map(([, , start, end]) => Number(end) - Number(start));
    const appended = sets.mock.calls.map(([source]) => source.length);
    for (const spy of [...searches, copies, sets]) spy.mockRestore();
    const sum = (lengths: readonly number[]): number => lengths.reduce((total, length) => total + length, 0);
    expect(sum(searched)).toBeLessThanOrEqual(2 * bytes);
    // Doubling copies everything once more.
    expect(sum(copied) + sum(appended)).toBeLessThanOrEqual(3 * bytes);
  });
});
