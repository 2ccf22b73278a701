/**
 * Nanoseconds per line of each step on the road, and as a multiple of a reference loop (lines counted by Buffer.indexOf),
 * all interleaved in one run, so that a busy machine slows them alike.
 * npm run bench:micro -- [--rounds N] [--check]     --check: exit 1 when a step is above its limit (MULTIPLES_MAX)
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { framingCounts } from "../src/framing/framing.ts";
import { MessageFramer } from "../src/framing/message-framer.ts";
import { StreamFramer } from "../src/framing/stream-framer.ts";
import { TailBudget } from "../src/framing/tail-budget.ts";
import { LineChecker } from "../src/records/line-checker.ts";
import { FileWriter } from "../src/sink/file-writer.ts";
import { openOutput } from "../src/sink/open-output.ts";
import { WriteQueue } from "../src/sink/write-queue.ts";
import { median } from "./rig/statistics.ts";

const LINE_BYTES_MAX = 1024 * 1024;
const QUEUE_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
const SLAB_BYTES = 256 * 1024;
const SLOT_BYTES = 65_600;
const MESSAGES = 256;
const LF = 0x0a;

/** Multiples of the reference loop: about twice what they are today, so only a real step back fails. The file is left out. */
const MULTIPLES_MAX: Readonly<Record<string, number>> = {
  "stream framing": 0.6,
  "message framing": 3.5,
  "check json": 9,
  "check shape": 2,
  "check none": 2,
  "write queue": 0.6,
};

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "25" }, check: { type: "boolean", default: false } },
});

const LINE = (i: number): string =>
  `{"seq":${i},"producer":"p-${i % 5}","sentAtNs":${123_456_789_012 + 1013 * i},"level":"INFO","message":"${"the quick brown fox jumps over the lazy dog ".repeat(3).slice(0, 118 + (i % 9))}"}\n`;
const block = Buffer.from(Array.from({ length: 1280 }, (_, i) => LINE(i)).join("")).subarray(0, SLAB_BYTES);
const whole = block.subarray(0, block.lastIndexOf(LF) + 1);
const lines = countLines(whole);

interface Step {
  readonly name: string;
  /** Lines that one run takes. */
  readonly lines: number;
  run(): void;
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}

function streamFraming(): Step {
  const framer = new StreamFramer(LINE_BYTES_MAX, new TailBudget(QUEUE_BYTES), framingCounts(), () => {});
  const run = (): void => {
    for (let at = 0; at < whole.length; at += CHUNK_BYTES) framer.push(whole.subarray(at, at + CHUNK_BYTES));
  };
  return { name: "stream framing", lines, run };
}

function messageFraming(): Step {
  const framer = new MessageFramer(LINE_BYTES_MAX, framingCounts(), () => {});
  const source = Buffer.from(LINE(7));
  const bytes = Buffer.alloc(MESSAGES * SLOT_BYTES);
  for (let i = 0; i < MESSAGES; i++) source.copy(bytes, i * SLOT_BYTES);
  const batch = { bytes, slotBytes: SLOT_BYTES, count: MESSAGES, length: () => source.length, truncated: () => false };
  return { name: "message framing", lines: MESSAGES, run: () => framer.pushBatch(batch) };
}

function check(mode: "json" | "shape" | "none"): Step {
  const checker = new LineChecker(mode);
  return { name: `check ${mode}`, lines, run: () => void checker.check(whole) };
}

function writeQueue(): Step {
  const queue = new WriteQueue(SLAB_BYTES);
  const run = (): void => {
    queue.push(whole);
    queue.written(queue.bytes);
  };
  return { name: "write queue", lines, run };
}

function queueAndFile(directory: string): Step {
  const queue = new WriteQueue(SLAB_BYTES);
  const fd = openOutput(join(directory, "out.jsonl"), 0o600);
  const ignore = (): void => {};
  const writer = new FileWriter(queue, {
    target: () => fd,
    hindered: () => false,
    wrote: ignore,
    idle: ignore,
    stalled: ignore,
  });
  const run = (): void => {
    queue.push(whole);
    writer.flush();
  };
  return { name: "queue and file", lines, run };
}

function nanosecondsPerLine({ run, lines: count }: Step): number {
  const repeats = Math.ceil(20_000 / count);
  const start = process.hrtime.bigint();
  for (let repeat = 0; repeat < repeats; repeat++) run();
  return Number(process.hrtime.bigint() - start) / (repeats * count);
}

function measure(directory: string): boolean {
  const reference: Step = { name: "reference loop", lines, run: () => void countLines(whole) };
  const steps = [
    reference,
    ...[streamFraming(), messageFraming(), check("json"), check("shape"), check("none")],
    ...[writeQueue(), queueAndFile(directory)],
  ];
  const samples = new Map(steps.map((step) => [step.name, [] as number[]]));
  for (let round = -3; round < Number(values.rounds); round++) {
    for (const step of steps) {
      const ns = nanosecondsPerLine(step);
      if (round >= 0) samples.get(step.name)?.push(ns);
    }
  }
  const referenceNs = median(samples.get(reference.name) ?? []);
  let good = true;
  for (const [name, ns] of samples) {
    const multiple = median(ns) / referenceNs;
    const most = MULTIPLES_MAX[name] ?? Number.POSITIVE_INFINITY;
    if (multiple > most) good = false;
    const verdict = multiple > most ? `  ABOVE ITS LIMIT ${most}` : "";
    process.stdout.write(
      `${name.padEnd(18)} ${median(ns).toFixed(1).padStart(8)} ns a line  ${multiple.toFixed(2).padStart(6)} × reference${verdict}\n`,
    );
  }
  return good;
}

const directory = mkdtempSync(join(tmpdir(), "bench-micro-"));
try {
  if (!measure(directory) && values.check) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
