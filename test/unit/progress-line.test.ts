import { expect, test } from "vitest";
import { formatProgress, type Goal } from "../../src/cli/producer/progress-line.ts";

const ENDLESS: Goal = { lines: Number.POSITIVE_INFINITY, seconds: Number.POSITIVE_INFINITY };
const HALF = { sent: 20, unsent: 0, seconds: 2 };

test("shows a bar, how many lines of how many, the rate, and the time left", () => {
  expect(formatProgress(HALF, { ...ENDLESS, lines: 50 }, 80)).toBe(
    "████████░░░░░░░░░░░░   40%   20 of 50 lines   10 lines/s   3s left",
  );
});

test("of a duration, the bar is the time", () => {
  expect(formatProgress(HALF, { ...ENDLESS, seconds: 8 }, 80)).toBe(
    "█████░░░░░░░░░░░░░░░   25%   20 lines   10 lines/s   6s left",
  );
});

test("of lines and a duration, it goes by what comes first", () => {
  expect(formatProgress(HALF, { lines: 1000, seconds: 4 }, 80)).toContain(
    "50%   20 of 1000 lines   10 lines/s   2s left",
  );
  expect(formatProgress(HALF, { lines: 25, seconds: 100 }, 80)).toContain(
    "80%   20 of 25 lines   10 lines/s   1s left",
  );
});

test("without an end there is no bar", () => {
  expect(formatProgress(HALF, ENDLESS, 80)).toBe("20 lines   10 lines/s");
});

test("counts lines that were not sent", () => {
  expect(formatProgress({ sent: 15, unsent: 5, seconds: 2 }, { ...ENDLESS, lines: 50 }, 80)).toBe(
    "████████░░░░░░░░░░░░   40%   15 of 50 lines   10 lines/s   3s left   5 not sent",
  );
});

test("before the first line nothing is left to estimate", () => {
  expect(formatProgress({ sent: 0, unsent: 0, seconds: 0 }, { ...ENDLESS, lines: 50 }, 80)).toBe(
    "░░░░░░░░░░░░░░░░░░░░   0%   0 of 50 lines   0 lines/s",
  );
});

test.each([
  [60, "40%   15 of 50 lines   10 lines/s   3s left   5 not sent"],
  [50, "40%   15 of 50 lines   3s left   5 not sent"],
  [39, "40%   3s left   5 not sent"],
])("in %d columns it does without the bar, the rate, then the lines", (columns, text) => {
  expect(formatProgress({ sent: 15, unsent: 5, seconds: 2 }, { ...ENDLESS, lines: 50 }, columns)).toBe(text);
});

test.each([
  [59, "59s"],
  [125, "2m 5s"],
  [7260, "2h 1m"],
])("writes %d seconds as %s", (seconds, text) => {
  expect(formatProgress(HALF, { ...ENDLESS, seconds: 2 + seconds }, 80)).toContain(`${text} left`);
});
