import { expect, test } from "vitest";
import type { LineCheck } from "../../src/records/line-checker.ts";
import { Normalizer, type RecordCounts, recordCounts } from "../../src/records/normalizer.ts";

interface Normalized {
  readonly text: string;
  readonly lines: number;
  readonly counts: RecordCounts;
  readonly runs: Buffer[];
}

function normalize(check: LineCheck, text: string): Normalized {
  const counts = recordCounts();
  const runs: Buffer[] = [];
  const copies: Buffer[] = [];
  let lines = 0;
  const store = (run: Buffer, count: number): void => {
    runs.push(run);
    copies.push(Buffer.from(run));
    lines += count;
  };
  new Normalizer(check).normalize(Buffer.from(text, "latin1"), counts, { store });
  return { text: Buffer.concat(copies).toString("latin1"), lines, counts, runs };
}

test("a block of valid lines passes unchanged, as one block", () => {
  const block = Buffer.from('{"a":1}\n {"b": 1e400} \n{"c":{"c":[]},"c":0}\n');
  const runs: Buffer[] = [];
  new Normalizer("json").normalize(block, recordCounts(), { store: (run) => runs.push(run) });
  expect(runs).toHaveLength(1);
  expect(runs[0]).toBe(block);
});

test("each line is stored once and in order, whatever its neighbours need", () => {
  const { text, lines, counts } = normalize("json", '{"a":1}\nnope\n\n{"b":2}\r\n[3]\r\n \t\r\n{"c":4}\n\xff\n');
  expect(text).toBe('{"a":1}\n{"_raw":"nope"}\n{"b":2}\n{"_raw":"[3]"}\n{"c":4}\n{"_raw_b64":"/w=="}\n');
  expect(lines).toBe(6);
  expect(counts).toEqual({ checked: 8, wrapped: 3, blank: 2 });
});

test.each<[LineCheck, string, number]>([
  ["json", '{"_raw":"{not json}"}\n{"_raw":"text"}\n{}\n', 2],
  ["shape", '{not json}\n{"_raw":"text"}\n{}\n', 1],
  ["none", "{not json}\ntext\n{}\n", 0],
])("--check %s stores lines as it promises", (check, stored, wrapped) => {
  const { text, lines, counts } = normalize(check, "{not json}\ntext\r\n\n{}\n");
  expect(text).toBe(stored);
  expect(lines).toBe(3);
  expect(counts).toEqual({ checked: 4, wrapped, blank: 1 });
});

test.each<LineCheck>(["json", "shape", "none"])("stored + blank = checked for every mix of lines (%s)", (check) => {
  const kinds = ['{"ok":true}\n', '{"ok":true}\r\n', "bad\n", "bad\r\n", "\n", " \t\r\n", "{bad}\n"];
  for (const first of kinds) {
    for (const second of kinds) {
      for (const third of kinds) {
        const { text, lines, counts } = normalize(check, first + second + third);
        const shown = JSON.stringify([first, second, third]);
        expect(lines + counts.blank, shown).toBe(counts.checked);
        expect(counts.checked, shown).toBe(3);
        expect(text.split("\n").length - 1, shown).toBe(lines);
        expect(text, shown).not.toContain("\r\n");
      }
    }
  }
});

test("a CR within a line is the line's own", () => {
  expect(normalize("none", "a\rb\n\rc\r\r\n").text).toBe("a\rb\n\rc\r\n");
});

test("a block of thousands of lines that all need attention keeps its order", () => {
  const count = 12_000;
  const block = Array.from({ length: count }, (_, i) => `line ${i}\n`).join("");
  const { text, lines, counts } = normalize("json", block);
  expect(text).toBe(Array.from({ length: count }, (_, i) => `{"_raw":"line ${i}"}\n`).join(""));
  expect(lines).toBe(count);
  expect(counts).toEqual({ checked: count, wrapped: count, blank: 0 });
});

test("lines that need attention are stored many at once, and long runs between them where they lie", () => {
  const fine = `{"fine":"${"x".repeat(100)}"}\n`.repeat(1000);
  const { text, runs } = normalize("json", `${"x\n".repeat(10_000)}${fine}x\n${"{}\r\n".repeat(10_000)}`);
  const wrapped = '{"_raw":"x"}\n';
  expect(text).toBe(`${wrapped.repeat(10_000)}${fine}${wrapped}${"{}\n".repeat(10_000)}`);
  expect(runs.length).toBeLessThanOrEqual(6);
});
