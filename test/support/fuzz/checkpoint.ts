import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeCheckpoint } from "../../../src/checkpoint/checkpoint.ts";
import { isProblem, readCheckpoint } from "../../../src/checkpoint/read-checkpoint.ts";
import { SLOT_BYTES, SLOTS, SlotFile } from "../../../src/checkpoint/slot-file.ts";
import { mutate, type Random } from "../json-inputs.ts";
import { type FuzzTarget, ODD_VALUES, oneOf } from "./fuzz-target.ts";

const PART = { bytes: 100, crc: 0xdeadbeef };
const NODE = { dev: "2049", ino: "77", birth: "1" };
const MARK = { id: "0123456789abcdef", begin: 0, ...NODE, offset: 100, head: PART, before: PART };
const CHECKPOINT = {
  version: 1,
  target: "nats://host/LOGS/logs.x",
  file: MARK,
  trail: [{ offset: 100, before: PART, sequence: 12 }],
  sequence: 12,
  first: 3,
  generation: 0,
  inFlight: [100, 200],
  finished: [{ ...MARK, id: "fedcba9876543210" }],
};

/** A checkpoint in which one value is another one, or text of it that has slipped. */
function payload(random: Random): Buffer {
  const text = JSON.stringify(CHECKPOINT);
  if (random(2) === 0) return mutate(random, Buffer.from(text));
  const whole = JSON.parse(text);
  const places = [whole, whole.file, whole.file.head, whole.finished[0], whole.trail[0], whole.inFlight] as const;
  const place = oneOf(random, places);
  place[oneOf(random, Object.keys(place) as [string])] = oneOf(random, ODD_VALUES);
  return Buffer.from(JSON.stringify(whole));
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function checkMark({ id, begin, dev, ino, birth, offset, head, before }: typeof MARK, example: string): void {
  assert(
    [id, dev, ino, birth].every((text) => typeof text === "string"),
    example,
  );
  assert([begin, offset, head.bytes, head.crc, before.bytes, before.crc].every(isCount), example);
  assert(before.bytes <= offset, example);
}

/** Checkpoints: what is taken has everything that a forwarder relies on. */
export const checkpoints: FuzzTarget = {
  name: "checkpoints",
  short: 1000,
  long: 950_000,
  fuzz(random, cases) {
    assert(decodeCheckpoint(Buffer.from(JSON.stringify(CHECKPOINT))) !== undefined, "the example isn't accepted");
    for (let i = 0; i < cases; i++) {
      const bytes = payload(random);
      const checkpoint = decodeCheckpoint(bytes);
      if (checkpoint === undefined) continue;
      const example = bytes.toString("latin1");
      assert(typeof checkpoint.target === "string", example);
      const { sequence, first, generation, inFlight, trail } = checkpoint;
      assert([sequence, first, generation, ...inFlight].every(isCount), example);
      for (const { offset, before } of trail) assert(before.bytes <= offset && offset >= 0, example);
      for (const mark of [checkpoint.file, ...checkpoint.finished]) checkMark(mark, example);
    }
  },
};

/** Files of slots: the newest slot that is whole, and otherwise a problem. */
export const slotFiles: FuzzTarget = {
  name: "files of checkpoints",
  short: 40,
  long: 50_000,
  fuzz(random, cases) {
    const directory = mkdtempSync(join(tmpdir(), "fuzz-"));
    const path = join(directory, "checkpoint");
    const whole = Buffer.from(JSON.stringify(CHECKPOINT));
    try {
      const file = twoSlots(path, whole);
      for (let i = 0; i < cases; i++) {
        const bytes = Buffer.from(file);
        for (let slips = random(4); slips > 0; slips--) {
          const at = random(SLOTS) * SLOT_BYTES + random(20 + whole.length + 8);
          bytes[at] = random(256);
        }
        const isCut = random(4) === 0;
        writeFileSync(path, isCut ? bytes.subarray(0, random(bytes.length + 1)) : bytes);
        const reading = readCheckpoint(path);
        const isKnown = reading === "new" || isProblem(reading) || JSON.stringify(reading) === whole.toString();
        assert(isKnown, `${JSON.stringify(reading)} of ${bytes.toString("base64")}`);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

function twoSlots(path: string, whole: Buffer): Buffer {
  const slots = new SlotFile(path, "write");
  for (let written = 0; written < 2; written++) slots.write(whole);
  slots.close();
  return readFileSync(path);
}
