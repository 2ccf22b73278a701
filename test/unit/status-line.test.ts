import { expect, test } from "vitest";
import type { AggregateStatus } from "../../src/aggregator/aggregator.ts";
import { formatStatus } from "../../src/cli/status-line.ts";

const NOTHING: AggregateStatus = { lines: 0, bytes: 0, senders: 0, queuedBytes: 0, dropped: 0 };

test("shows totals, and rates over the time between two readings", () => {
  const before = { ...NOTHING, lines: 1000, bytes: 1_000_000 };
  const now = { lines: 1500, bytes: 3_500_000, senders: 5, queuedBytes: 262_144, dropped: 7 };
  expect(formatStatus(now, before, 0.25)).toBe(
    "1.50k lines   2.00k lines/s   10.0 MB/s   5 senders   262kB queued   7 dropped",
  );
});

test("shows nothing happening as zeros", () => {
  expect(formatStatus(NOTHING, NOTHING, 0.25)).toBe(
    "0 lines   0 lines/s   0.0 MB/s   0 senders   0B queued   0 dropped",
  );
});

test.each([
  [0, "0"],
  [999, "999"],
  [1000, "1.00k"],
  [9994, "9.99k"],
  [9996, "10.0k"],
  [99_960, "100k"],
  [999_499, "999k"],
  [999_500, "1.00M"],
  [17_300_000, "17.3M"],
  [1_000_000_000, "1.00G"],
  [1_500_000_000_000, "1500G"],
])("writes %d as %s", (lines, text) => {
  expect(formatStatus({ ...NOTHING, lines }, NOTHING, 1)).toContain(`${text} lines   `);
});

test("never shows a negative rate", () => {
  expect(formatStatus({ ...NOTHING, lines: 10 }, { ...NOTHING, lines: 20 }, 1)).toContain("   0 lines/s");
});
