import { expect, test } from "vitest";
import { LineStamper } from "../../src/records/line-stamper.ts";
import { recordCounts } from "../../src/records/normalizer.ts";

test("wrapped lines are stored as they come, so a block of short ones needs little memory", () => {
  const lines = 100_000;
  const block = Buffer.from("x\n".repeat(lines));
  const value = `"${"v".repeat(2000)}"`;
  const counts = recordCounts();
  let [bytesMax, bytes, stored] = [0, 0, 0];
  const store = (more: Buffer, count: number): void => {
    bytesMax = Math.max(bytesMax, more.length);
    bytes += more.length;
    stored += count;
  };
  new LineStamper().stamp(block, value, { counts, output: { store } });
  expect([counts.wrapped, stored]).toEqual([lines, lines]);
  expect(bytes).toBe(lines * `{"_raw":"x","_trusted":${value}}\n`.length);
  expect(bytesMax).toBeLessThan(300 * 1024);
});
