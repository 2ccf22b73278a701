import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { framingCounts } from "../../src/framing/framing.ts";
import { StreamFramer } from "../../src/framing/stream-framer.ts";
import { TailBudget } from "../../src/framing/tail-budget.ts";
import type { LineCheck } from "../../src/records/line-checker.ts";
import { Normalizer, type RecordCounts, recordCounts } from "../../src/records/normalizer.ts";
import { WriteQueue } from "../../src/sink/write-queue.ts";
import { bytesWithLines, chunked, chunkLengths, jsonObjectText } from "../support/arbitrary-bytes.ts";
import { runs } from "../support/property-runs.ts";
import { bytesOfWrapped } from "../support/wrapped.ts";

const LINE_BYTES_MAX = 1024 * 1024;
const SLAB_BYTES = 64;
const RUNS = runs(200);

interface Stored {
  readonly lines: Buffer[];
  readonly count: number;
  readonly counts: RecordCounts;
}

/** The road from chunks to what write(2) gets. */
function store(chunks: readonly Buffer[], check: LineCheck): Stored {
  const queue = new WriteQueue(SLAB_BYTES);
  const normalizer = new Normalizer(check);
  const counts = recordCounts();
  let count = 0;
  const framer = new StreamFramer(
    { lineBytesMax: LINE_BYTES_MAX, budget: new TailBudget(1024 * 1024), counts: framingCounts() },
    (block) => {
      const store = (lines: Buffer, more: number): void => {
        count += more;
        queue.push(lines);
      };
      normalizer.normalize(block, counts, { store });
    },
  );
  for (const chunk of chunks) {
    framer.push(chunk);
    chunk.fill("#");
  }
  framer.end();
  const slabs: Buffer[] = [];
  for (let slab = queue.head(); slab !== undefined; slab = queue.head()) {
    slabs.push(Buffer.from(slab.memory.subarray(0, slab.used)));
    queue.written(slab.used);
  }
  return { lines: splitLines(Buffer.concat(slabs)), count, counts };
}

/** The lines of bytes, without LF; an unfinished last one is a line too. */
function splitLines(bytes: Buffer): Buffer[] {
  const lines = bytes.toString("latin1").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => Buffer.from(line, "latin1"));
}

const isBlank = (line: Buffer): boolean => /^[ \t\r]*$/.test(line.toString("latin1"));
const withoutCr = (line: Buffer): Buffer => (line.at(-1) === 0x0d ? line.subarray(0, -1) : line);

function isObjectText(line: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line));
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Any bytes, JSON objects among them, with either line end. */
const input = fc
  .array(
    fc.tuple(
      fc.oneof(
        bytesWithLines(40),
        jsonObjectText.map((text) => Buffer.from(text)),
      ),
      fc.constantFrom("\n", "\r\n", ""),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts.map(([bytes, end]) => Buffer.concat([bytes, Buffer.from(end)]))));

describe.each<LineCheck>(["json", "shape", "none"])("--check %s", (check) => {
  test("every line that isn't blank is one line of the output, and gives its bytes back", () => {
    let exact = 0;
    let wrapped = 0;
    fc.assert(
      fc.property(input, chunkLengths, (bytes, lengths) => {
        const wanted = splitLines(bytes);
        const kept = wanted.filter((line) => !isBlank(line)).map(withoutCr);
        const { lines, count, counts } = store(chunked(bytes, lengths), check);
        expect(lines).toHaveLength(kept.length);
        expect(count).toBe(kept.length);
        expect(counts).toMatchObject({ checked: wanted.length, blank: wanted.length - kept.length });
        let changed = 0;
        for (const [i, line] of lines.entries()) {
          const source = kept[i] ?? Buffer.alloc(0);
          if (line.equals(source)) continue;
          changed++;
          expect(bytesOfWrapped(line.toString()).equals(source)).toBe(true);
          if (check === "json") expect(isObjectText(source)).toBe(false);
        }
        expect(counts.wrapped).toBe(changed);
        if (check === "json") expect(lines.every(isObjectText)).toBe(true);
        exact += lines.length - changed;
        wrapped += changed;
      }),
      RUNS,
    );
    // The property must have been put to the test on both sides.
    expect(exact).toBeGreaterThan(RUNS.numRuns / 10);
    if (check !== "none") expect(wrapped).toBeGreaterThan(RUNS.numRuns / 10);
  });
});

test("JSON objects in any spelling are stored byte for byte", () => {
  fc.assert(
    fc.property(fc.array(jsonObjectText, { maxLength: 10 }), chunkLengths, (texts, lengths) => {
      const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
      const { lines, counts } = store(chunked(bytes, lengths), "json");
      expect(lines.map(String)).toEqual(texts);
      expect(counts).toEqual({ checked: texts.length, wrapped: 0, blank: 0 });
    }),
    RUNS,
  );
});
