import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { AckWindow } from "../../src/acks/sending/ack-window.ts";

const line = fc.nat(12).map((bytes) => "x".repeat(bytes));
const blocks = fc.array(fc.array(line, { minLength: 1, maxLength: 5 }), { maxLength: 6 });

/** Where a number lies among so many lines, from 0 to 1. */
const share = fc.double({ min: 0, max: 1, noNaN: true });

test("what is held, sent again and too long agrees with a plain list of lines", () => {
  fc.assert(
    fc.property(
      fc.record({
        made: blocks,
        ackedShare: share,
        resumeShare: share,
        lineBytesMax: fc.nat(40),
        otherMax: fc.nat(12),
      }),
      ({ made, ackedShare, resumeShare, lineBytesMax, otherMax }) => {
        const window = new AckWindow();
        for (const lines of made) window.push(Buffer.from(lines.map((text) => `${text}\n`).join("")), lines.length);
        const lines = made.flat();
        expect([window.first, window.next, window.sent]).toEqual([0, lines.length, 0]);
        window.markSent();
        expect(window.sent).toBe(lines.length);
        // In two steps, so that the second begins in the middle of a block.
        const acked = Math.floor(ackedShare * lines.length);
        const half = acked >> 1;
        for (const [from, upTo] of [
          [0, half],
          [half, acked],
        ] as const) {
          if (upTo === from) continue;
          const max = from === 0 ? lineBytesMax : otherMax;
          const tooLong = lines.slice(from, upTo).filter((text) => text.length > max).length;
          expect(window.acknowledge(upTo - 1, max)).toBe(tooLong);
        }
        expect([window.first, window.isEmpty]).toEqual([acked, acked === lines.length]);
        const resume = acked + Math.floor(resumeShare * (lines.length - acked));
        const again = Buffer.concat([...window.from(resume)]).toString();
        expect(again).toBe(
          lines
            .slice(resume)
            .map((text) => `${text}\n`)
            .join(""),
        );
        window.acknowledge(lines.length - 1, lineBytesMax);
        expect([window.isEmpty, window.bytes]).toEqual([true, 0]);
      },
    ),
    { numRuns: 300 },
  );
});

test("an older acknowledgement changes nothing", () => {
  const window = new AckWindow();
  window.push(Buffer.from("a\nb\nc\n"), 3);
  window.acknowledge(1, 10);
  expect(window.acknowledge(0, 0)).toBe(0);
  expect([window.first, window.bytes]).toEqual([2, 6]);
  expect(Buffer.concat([...window.from(2)]).toString()).toBe("c\n");
});

test("each line of a large block is looked at once, however many acknowledgements it takes", () => {
  const count = 1000;
  const bytes = Buffer.from("x\n".repeat(count));
  const indexOf = vi.spyOn(bytes, "indexOf");
  const window = new AckWindow();
  window.push(bytes, count);
  for (let i = 0; i < count; i++) window.acknowledge(i, 10);
  expect(indexOf).toHaveBeenCalledTimes(count);
});
