/**
 * Nanoseconds per line of the three checks, beside JSON.parse of each line, interleaved in one run.
 * node --import tsx bench/micro-records.ts [ROUNDS]
 */
import { median } from "../src/lab/statistics/summary.ts";
import { type LineCheck, LineChecker } from "../src/records/line-checker.ts";

const BLOCK_BYTES = 256 * 1024;
const ROUNDS = Number(process.argv[2] ?? 15);
const LINES_PER_SAMPLE = 50_000;
const CHECKS: readonly LineCheck[] = ["json", "shape", "none"];

/** Kinds of lines, each a function of the line's number, so that no two lines have the same lengths and branches. */
const LINES: Record<string, (index: number) => string> = {
  "producer, 173 B": (i) =>
    `{"source":"producer","timestamp":${1_700_000_000 + i},"level":"INFO","message":"${"ABCDEFGHIJKLMNOPQRSTUVWXYZ".repeat(4).slice(0, 100)}"}`,
  "7 keys, 200 B": (i) =>
    `{"seq":${i},"producer":"p-${i % 5}","sentAtNs":${123_456_789_012 + 1013 * i},"level":"${i % 7 === 0 ? "WARN" : "INFO"}","source":"${"service".slice(0, 3 + (i % 5))}","ok":${i % 3 !== 0},"message":"${"the quick brown fox jumps over the lazy dog ".repeat(3).slice(0, 78 + (i % 9))}"}`,
  "nested, spaced, 200 B": (i) =>
    `{"time": ${1.5 + i}, "level": "info", "http": {"method": "GET", "path": "/api/v1/items/${i}", "status": 200, "tags": ["a", "b", null]}, "user": {"id": ${i * 37}, "name": "someone ${i % 100}"}, "duration": 0.${i % 1000}}`,
  "escapes, 200 B": (i) =>
    `{"level":"ERROR","message":"line ${i}\\n\\tat Object.<anonymous> (\\"/srv/app/index.js\\":${i % 500}:${i % 80})\\n\\tat run (C:\\\\app\\\\main.js:${i % 77}:5)\\n\\tat next","seq":${i},"code":"E${i % 50}"}`,
  "not ASCII, 200 B": (i) =>
    `{"уровень":"ИНФО","сообщение":"соединение ${i} закрыто пользователем после ожидания ответа","秒":${i},"名前":"東京都千代田区 🙂"}`,
  "small, 40 B": (i) => `{"seq":${1000 + (i % 9000)},"message":"${"x".repeat(10 + (i % 7))}"}`,
  "large, 4 KiB": (i) => `{"seq":${i},"message":"${"the quick brown fox ".repeat(204).slice(i % 16)}"}`,
};

interface Subject {
  readonly name: string;
  readonly run: (block: Buffer) => void;
  readonly samples: number[];
}

function blockOf(line: (index: number) => string): { block: Buffer; lines: number } {
  const parts: string[] = [];
  for (let bytes = 0; bytes < BLOCK_BYTES; bytes += Buffer.byteLength(parts.at(-1) ?? "")) {
    parts.push(`${line(parts.length)}\n`);
  }
  return { block: Buffer.from(parts.join("")), lines: parts.length };
}

function parseLines(block: Buffer): void {
  for (let start = 0; start < block.length; ) {
    const end = block.indexOf(0x0a, start);
    JSON.parse(block.toString("utf8", start, end));
    start = end + 1;
  }
}

function subjects(): Subject[] {
  const checks = CHECKS.map((check) => {
    const checker = new LineChecker(check);
    return { name: check, run: (block: Buffer) => void checker.check(block), samples: [] };
  });
  return [...checks, { name: "JSON.parse", run: parseLines, samples: [] }];
}

function sample(run: (block: Buffer) => void, block: Buffer, lines: number): number {
  const repeats = Math.ceil(LINES_PER_SAMPLE / lines);
  const before = process.hrtime.bigint();
  for (let repeat = 0; repeat < repeats; repeat++) {
    run(block);
  }
  return Number(process.hrtime.bigint() - before) / (repeats * lines);
}

for (const [name, line] of Object.entries(LINES)) {
  const { block, lines } = blockOf(line);
  const all = subjects();
  for (let round = -2; round < ROUNDS; round++) {
    for (const subject of all) {
      const nanoseconds = sample(subject.run, block, lines);
      if (round >= 0) {
        subject.samples.push(nanoseconds);
      }
    }
  }
  const reference = median(all.at(-1)?.samples ?? []);
  const columns = all.map(({ name: check, samples }) => {
    const value = median(samples);
    return `${check} ${value.toFixed(1).padStart(7)} ns (1/${(reference / value).toFixed(1)})`;
  });
  process.stdout.write(`${name.padEnd(22)} ${Math.round(block.length / lines)} B  ${columns.join("  ")}\n`);
}
