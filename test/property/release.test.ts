import fc from "fast-check";
import { expect, test } from "vitest";
import { Release } from "../../src/sink/forwarding.ts";
import type { RotatedFile } from "../../src/sink/rotated-files.ts";
import { runs } from "../support/property-runs.ts";

const HOLD_MS = 100;

/** The nth rotated file. */
function file(nth: number): RotatedFile {
  return { name: { name: `app.${nth}`, isSuspect: false, isCompressed: false, time: "t", nth }, plain: `app.${nth}` };
}

/** What happens between two looks at the files. */
const step = fc.record({
  rotated: fc.nat(3),
  /** Files that were forwarded since; negative: that the stream has lost again. */
  forwarded: fc.integer({ min: -3, max: 3 }),
  ms: fc.constantFrom(0, 1, 30, 99, 100, 101),
  /** Whether released files are removed, as retention does where a limit is exceeded. */
  isRemoved: fc.boolean(),
});

test("a file is released when it was forwarded at every look for as long as the hold, and not before", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let now = 0;
      let files: RotatedFile[] = [];
      let [nextFile, forwarded] = [0, 0];
      const release = new Release(HOLD_MS, () => now);
      /** The looks of the model: when each file was first seen forwarded without interruption. */
      const sinceMs = new Map<string, number>();
      for (const { rotated, ms, isRemoved, ...then } of steps) {
        for (let count = 0; count < rotated; count++) files.push(file(nextFile++));
        now += ms;
        forwarded = Math.max(0, Math.min(files.length, forwarded + then.forwarded));
        const judged = release.judge(files, { files: forwarded, bytes: 7 });
        for (const [at, { name }] of files.entries()) {
          if (at >= forwarded) sinceMs.delete(name.name);
          else if (!sinceMs.has(name.name)) sinceMs.set(name.name, now);
        }
        const expected = files.map(({ name }) => now - (sinceMs.get(name.name) ?? now) >= HOLD_MS);
        expect(judged.map(({ isReleased }) => isReleased)).toEqual(expected);
        expect(judged.slice(forwarded).map(({ forwardedBytes }) => forwardedBytes)).toEqual(
          files.slice(forwarded).map((_, at) => (at === 0 ? 7 : 0)),
        );
        expect(release.isDue).toBe(false);
        if (!isRemoved) continue;
        const left = files.filter((_, at) => !expected[at]);
        forwarded -= files.length - left.length;
        files = left;
      }
    }),
    runs(300),
  );
});

test("time alone releases a file when the hold is over, and not before", () => {
  let now = 0;
  const release = new Release(HOLD_MS, () => now);
  release.judge([file(0), file(1)], { files: 1, bytes: 0 });
  now = HOLD_MS - 1;
  expect(release.isDue).toBe(false);
  now = HOLD_MS;
  expect(release.isDue).toBe(true);
});

test("without a forwarder every file may go at once", () => {
  const judged = new Release(HOLD_MS).judge([file(0), file(1)], undefined);
  expect(judged.every(({ isReleased }) => isReleased)).toBe(true);
});
