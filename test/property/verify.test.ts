import fc from "fast-check";
import { expect, test } from "vitest";
import { Account } from "../../src/lab/account.ts";
import { isProducedLine, type ProducedLine } from "../../src/lab/produced-line.ts";
import { LineReader } from "../../src/lab/read-lines.ts";
import { bytesWithLines, chunked, chunkLengths, jsonObjectText } from "../support/arbitrary-bytes.ts";
import { producerLine } from "../support/log-files.ts";
import { runs } from "../support/property-runs.ts";

const name = fc.constantFrom("a", "b", "__proto__", "é\u2028", '\\"\n', "\\", "");
const produced = fc
  .record({ producer: name, run: fc.option(name, { nil: undefined }), seq: fc.nat(12), timestamp: fc.nat(100) })
  .map(({ producer, seq, ...fields }) => Buffer.from(producerLine(producer, seq, fields)));
const part = fc.oneof(
  { weight: 4, arbitrary: produced },
  { weight: 1, arbitrary: bytesWithLines(30) },
  { weight: 1, arbitrary: jsonObjectText.map((text) => Buffer.from(`${text}\r\n`)) },
  { weight: 1, arbitrary: produced.map((line) => line.subarray(0, -1)) },
);
const content = fc.array(part, { maxLength: 30 }).map((parts) => Buffer.concat(parts));

interface Expected {
  readonly lines: ProducedLine[];
  invalid: number;
  foreign: number;
  oversize: number;
}

/** What one would do without limits: split, parse, look. */
function readWhole(bytes: Buffer, lineBytesMax: number): Expected {
  const expected: Expected = { lines: [], invalid: 0, foreign: 0, oversize: 0 };
  const texts = bytes.toString("latin1").split("\n");
  if (texts.at(-1) === "") texts.pop();
  for (const text of texts) {
    const value = text.length > lineBytesMax ? "oversize" : objectIn(Buffer.from(text, "latin1"));
    if (value === "oversize") expected.oversize++;
    else if (value === undefined) expected.invalid++;
    else if (isProducedLine(value)) expected.lines.push(value);
    else expected.foreign++;
  }
  return expected;
}

function objectIn(line: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The fields that the lab reads. */
function known({ producer, run, seq, sentAtNs, timestamp }: ProducedLine): Record<string, unknown> {
  return { producer, run, seq, sentAtNs, timestamp };
}

test("a reader finds what splitting and parsing finds, wherever chunks are cut and however short lines must be", () => {
  fc.assert(
    fc.property(content, chunkLengths, fc.constantFrom(60, 130, 1000), (bytes, lengths, lineBytesMax) => {
      const lines: ProducedLine[] = [];
      const reader = new LineReader(lineBytesMax, (line) => lines.push(line));
      for (const chunk of chunked(bytes, lengths)) reader.push(chunk);
      const torn = reader.end();
      const { lines: expectedLines, ...counts } = readWhole(bytes, lineBytesMax);
      expect(lines.map(known)).toEqual(expectedLines.map(known));
      expect(torn).toBe(bytes.length > 0 && bytes.at(-1) !== 0x0a);
      const ends = bytes.filter((byte) => byte === 0x0a).length;
      expect(reader.counts).toMatchObject(counts);
      expect(lines.length + counts.invalid + counts.foreign + counts.oversize).toBe(ends + (torn ? 1 : 0));
    }),
    runs(100),
  );
});

test("an account agrees with plain sets, and knows how many lines it left out", () => {
  const line = fc.record({
    producer: name,
    run: name,
    seq: fc.nat(12),
    timestamp: fc.nat(100),
    sentAtNs: fc.constant(1),
  });
  fc.assert(
    fc.property(fc.array(line), fc.integer({ min: 1, max: 30 }), (lines, runsMax) => {
      const account = new Account(runsMax);
      const sets = new Map<string, { numbers: Set<number>; times: number[]; lines: number }>();
      let others = 0;
      for (const each of lines) {
        account.add(each);
        const key = JSON.stringify([each.producer, each.run]);
        const set = sets.get(key) ?? { numbers: new Set(), times: [], lines: 0 };
        if (!sets.has(key) && sets.size >= runsMax) others++;
        else sets.set(key, set);
        set.numbers.add(each.seq);
        set.times.push(each.timestamp);
        set.lines++;
      }
      expect(account.others).toBe(others);
      const seen = account.runs.map(({ producer, run, sequence, firstAt, lastAt }) => [
        JSON.stringify([producer, run]),
        [sequence.seen, sequence.duplicates, sequence.highest, firstAt, lastAt],
      ]);
      const expected = [...sets].map(([key, { numbers, times, lines: count }]) => [
        key,
        [numbers.size, count - numbers.size, Math.max(...numbers), Math.min(...times), Math.max(...times)],
      ]);
      expect(seen).toEqual(expected);
    }),
  );
});
