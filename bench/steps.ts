import { join } from "node:path";
import { framingCounts } from "../src/framing/framing.ts";
import { MessageFramer } from "../src/framing/message-framer.ts";
import { StreamFramer } from "../src/framing/stream-framer.ts";
import { TailBudget } from "../src/framing/tail-budget.ts";
import { LineChecker } from "../src/records/line-checker.ts";
import { FileWriter } from "../src/sink/file-writer.ts";
import { openOutput } from "../src/sink/open-output.ts";
import { WriteQueue } from "../src/sink/write-queue.ts";

const LINE_BYTES_MAX = 1024 * 1024;
const QUEUE_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
const SLAB_BYTES = 256 * 1024;
const SLOT_BYTES = 65_600;
const MESSAGES = 256;
const LF = 0x0a;

const LINE = (i: number): string =>
  `{"seq":${i},"producer":"p-${i % 5}","sentAtNs":${123_456_789_012 + 1013 * i},"level":"INFO","message":"${"the quick brown fox jumps over the lazy dog ".repeat(3).slice(0, 118 + (i % 9))}"}\n`;
const block = Buffer.from(Array.from({ length: 1280 }, (_, i) => LINE(i)).join("")).subarray(0, SLAB_BYTES);
const whole = block.subarray(0, block.lastIndexOf(LF) + 1);
const lines = countLines(whole);

/** One step of the pipeline from the kernel to the file, which processes the same lines again and again. */
export interface Step {
  readonly name: string;
  /** Lines that one run processes. */
  readonly lines: number;
  run(): void;
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}

function streamFraming(): Omit<Step, "name"> {
  const framer = new StreamFramer(
    { lineBytesMax: LINE_BYTES_MAX, budget: new TailBudget(QUEUE_BYTES), counts: framingCounts() },
    () => {},
  );
  const run = (): void => {
    for (let at = 0; at < whole.length; at += CHUNK_BYTES) framer.push(whole.subarray(at, at + CHUNK_BYTES));
  };
  return { lines, run };
}

function messageFraming(): Omit<Step, "name"> {
  const framer = new MessageFramer(LINE_BYTES_MAX, framingCounts(), () => {});
  const source = Buffer.from(LINE(7));
  const bytes = Buffer.alloc(MESSAGES * SLOT_BYTES);
  for (let i = 0; i < MESSAGES; i++) source.copy(bytes, i * SLOT_BYTES);
  const batch = { bytes, slotBytes: SLOT_BYTES, count: MESSAGES, length: () => source.length, truncated: () => false };
  return { lines: MESSAGES, run: () => framer.push(batch) };
}

function check(mode: "json" | "shape" | "none"): Omit<Step, "name"> {
  const checker = new LineChecker(mode);
  return { lines, run: () => void checker.check(whole) };
}

function writeQueue(): Omit<Step, "name"> {
  const queue = new WriteQueue(SLAB_BYTES);
  const run = (): void => {
    queue.push(whole);
    queue.written(queue.bytes);
  };
  return { lines, run };
}

function queueAndFile(directory: string): Omit<Step, "name"> {
  const queue = new WriteQueue(SLAB_BYTES);
  const ignore = (): void => {};
  const file = openOutput(join(directory, "out.jsonl"), { mode: 0o600, repaired: ignore });
  const writer = new FileWriter(queue, {
    file,
    isSyncing: () => false,
    wrote: ignore,
    idle: ignore,
    stalled: ignore,
  });
  const run = (): void => {
    queue.push(whole);
    writer.flush();
  };
  return { lines, run };
}

/** The step that all others are compared with. */
export const REFERENCE = "reference loop";

/** How each step is set up, in the order of the pipeline. The directory is for a file. */
const STEPS: Readonly<Record<string, (directory: string) => Omit<Step, "name">>> = {
  [REFERENCE]: () => ({ lines, run: () => void countLines(whole) }),
  "stream framing": streamFraming,
  "message framing": messageFraming,
  "check json": () => check("json"),
  "check shape": () => check("shape"),
  "check none": () => check("none"),
  "write queue": writeQueue,
  "queue and file": queueAndFile,
};

export const STEP_NAMES: readonly string[] = Object.keys(STEPS);

/** @throws where there is no such step */
export function setUpStep(name: string, directory: string): Step {
  const setUp = STEPS[name];
  if (setUp === undefined) throw new Error(`there is no step ${name}; there are ${STEP_NAMES.join(", ")}`);
  return { name, ...setUp(directory) };
}
