import { expect, test } from "vitest";
import type { AggregateStatus } from "../../src/aggregator/aggregator.ts";
import { formatStatus } from "../../src/cli/status-line.ts";

/** So wide that nothing has to go. */
const WIDE = { seconds: 0.25, columns: 119 };
const NOTHING: AggregateStatus = { lines: 0, bytes: 0, senders: 0, queuedBytes: 0, dropped: 0 };

test("shows totals, and rates over the time between two readings", () => {
  const before = { ...NOTHING, lines: 1000, bytes: 1_000_000 };
  const now = { lines: 1500, bytes: 3_500_000, senders: 5, queuedBytes: 262_144, dropped: 7 };
  expect(formatStatus(now, before, WIDE)).toBe(
    "1.50k lines   2.00k lines/s   10.0 MB/s   5 senders   262kB queued   7 dropped",
  );
});

test("shows nothing happening as zeros", () => {
  expect(formatStatus(NOTHING, NOTHING, WIDE)).toBe(
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
  expect(formatStatus({ ...NOTHING, lines }, NOTHING, WIDE)).toContain(`${text} lines   `);
});

test("never shows a negative rate", () => {
  expect(formatStatus({ ...NOTHING, lines: 10 }, { ...NOTHING, lines: 20 }, WIDE)).toContain("   0 lines/s");
});

test.each([
  [119, "1.50k lines   2.00k lines/s   10.0 MB/s   5 senders   262kB queued   7 dropped"],
  [77, "1.50k lines   2.00k lines/s   5 senders   262kB queued   7 dropped"],
  [60, "1.50k lines   2.00k lines/s   5 senders   7 dropped"],
  [39, "1.50k lines   2.00k lines/s   7 dropped"],
  [38, "1.50k lines   7 dropped"],
  [20, "7 dropped"],
  [5, "7 dropped"],
])("in %d columns the fields go that matter least, and never what was dropped", (columns, text) => {
  const before = { ...NOTHING, lines: 1000, bytes: 1_000_000 };
  const now = { lines: 1500, bytes: 3_500_000, senders: 5, queuedBytes: 262_144, dropped: 7 };
  expect(formatStatus(now, before, { seconds: 0.25, columns })).toBe(text);
});
