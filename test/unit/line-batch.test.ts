import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { LineBatch } from "../../src/producer/line-batch.ts";
import { alphabetMessage, LineEncoder } from "../../src/producer/line-encoder.ts";

const fields = { producer: "4711", run: "k3v9x02m", message: alphabetMessage(100), plain: false };

interface Line {
  timestamp: number;
  seq: number;
  sentAtNs: number;
}

function linesOf(block: Buffer): string[] {
  return block.toString().split(/(?<=\n)/);
}

/** Each line must be what pino itself writes for the numbers in it. */
function expectAsPino(block: Buffer, encoder: LineEncoder): Line[] {
  return linesOf(block).map((text) => {
    const line: Line = JSON.parse(text);
    expect(text).toBe(encoder.encode(line.timestamp, line.seq, line.sentAtNs));
    return line;
  });
}

test("a line has its fields in the promised order", () => {
  const line = new LineEncoder({ ...fields, message: "ABC" }).encode(1_795_407_890, 7, 2_533_217_387_873);
  expect(line).toBe(
    '{"source":"producer","timestamp":1795407890,"level":"INFO","message":"ABC",' +
      '"producer":"4711","run":"k3v9x02m","seq":7,"sentAtNs":2533217387873}\n',
  );
});

test("a plain line has the four fields, 173 bytes with a message of 100", () => {
  const line = new LineEncoder({ ...fields, plain: true }).encode(1_795_407_890, 7, 2_533_217_387_873);
  expect(line).toBe(
    `{"source":"producer","timestamp":1795407890,"level":"INFO","message":"${alphabetMessage(100)}"}\n`,
  );
  expect(line).toHaveLength(173);
});

test("messages are A to Z, over and over", () => {
  expect(alphabetMessage(0)).toBe("");
  expect(alphabetMessage(5)).toBe("ABCDE");
  expect(alphabetMessage(53)).toBe("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZA");
});

test("every line of every batch is what pino writes, whatever the numbers", () => {
  const encoder = new LineEncoder(fields);
  const start = fc.oneof(
    fc.nat(2000),
    fc.integer({ min: 1, max: 15 }).map((digits) => 10 ** digits - 5),
    fc.maxSafeNat().map((n) => Math.max(0, n - 300)),
  );
  fc.assert(
    fc.property(start, fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 4 }), (first, wanted) => {
      const batch = new LineBatch(encoder, 64);
      let seq = first;
      for (const count of wanted) {
        const lines = expectAsPino(batch.fill(seq, count), encoder);
        expect(lines).toHaveLength(batch.count);
        expect(batch.count).toBeGreaterThan(0);
        expect(batch.count).toBeLessThanOrEqual(Math.min(64, count));
        expect(lines.map((line) => line.seq)).toEqual(lines.map((_, i) => seq + i));
        seq += batch.count;
      }
    }),
    { numRuns: 200 },
  );
});

test("a batch ends where seq grows by a digit, and the next one begins there", () => {
  const batch = new LineBatch(new LineEncoder(fields), 64);
  const seqs = (seq: number): number[] => linesOf(batch.fill(seq, 64)).map((line) => JSON.parse(line).seq);
  expect(seqs(8)).toEqual([8, 9]);
  expect(seqs(10)).toHaveLength(64);
  expect(seqs(99_990)).toHaveLength(10);
  expect(seqs(100_000)[63]).toBe(100_063);
});

test("lines carry the time of their batch, on the clock that all processes share", () => {
  const batch = new LineBatch(new LineEncoder(fields), 3);
  const times = (): number[] => linesOf(batch.fill(10, 3)).map((line) => JSON.parse(line).sentAtNs);
  const before = Number(process.hrtime.bigint());
  const first = times();
  const second = times();
  const after = Number(process.hrtime.bigint());
  expect(new Set(first).size).toBe(1);
  expect([before, first[0], second[0], after]).toEqual(
    [before, first[0], second[0], after].sort((a, b) => (a ?? 0) - (b ?? 0)),
  );
});

test.each([true, false])("a new second is in the next batch (plain: %s)", (plain) => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_795_407_890_999 });
  onTestFinished(() => void vi.useRealTimers());
  const batch = new LineBatch(new LineEncoder({ ...fields, plain }), 3);
  const timestamps = (): number[] => linesOf(batch.fill(10, 3)).map((line) => JSON.parse(line).timestamp);
  expect(timestamps()).toEqual([1_795_407_890, 1_795_407_890, 1_795_407_890]);
  vi.setSystemTime(1_795_407_891_000);
  expect(timestamps()).toEqual([1_795_407_891, 1_795_407_891, 1_795_407_891]);
});

test("plain batches are plain lines", () => {
  const encoder = new LineEncoder({ ...fields, plain: true });
  const batch = new LineBatch(encoder, 5);
  const lines = linesOf(batch.fill(8, 4));
  expect(lines).toHaveLength(4);
  for (const line of lines) expect(line).toBe(encoder.encode(JSON.parse(line).timestamp, 0, 0));
});

test("names that JSON must escape are escaped in every line", () => {
  const encoder = new LineEncoder({ ...fields, producer: 'zoë "1"\n' });
  for (const line of expectAsPino(new LineBatch(encoder, 9).fill(100, 9), encoder)) {
    expect(line).toMatchObject({ producer: 'zoë "1"\n' });
  }
});
