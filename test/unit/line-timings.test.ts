import { expect, test } from "vitest";
import { LineTimings } from "../../src/lab/cell/line-timings.ts";
import { dueNs } from "../../src/lab/cell/timetable.ts";

const MS = 1e6;

test("a line is due with its tick, also where ticks have fractions of lines", () => {
  const due = (linesPerTick: number): number[] =>
    Array.from({ length: 7 }, (_, seq) => dueNs({ startedAtNs: 5, intervalMs: 1, linesPerTick }, seq) / MS);
  const ticks = (linesPerTick: number): number[] => due(linesPerTick).map(Math.floor);
  expect(ticks(1)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(ticks(3)).toEqual([0, 0, 0, 1, 1, 1, 2]);
  // By tick n, floor((n + 1) × 2.5) lines: 2, 5, 7.
  expect(ticks(2.5)).toEqual([0, 0, 1, 1, 1, 2, 2]);
  expect(ticks(0.1 * 10)).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test("a line that was held up before its send shows its wait since it was due, and hides it since it was sent", () => {
  const times = new LineTimings(undefined, 0);
  times.add({ dueNs: 0, sentNs: 150 * MS, seenNs: 151 * MS });
  times.add({ dueNs: 150 * MS, sentNs: 150 * MS, seenNs: 151 * MS });
  const { sinceDue, sinceSent } = times.latency();
  expect(sinceDue).toMatchObject({ by: "lab", value: { count: 2, sum: 152 * MS, max: 151 * MS } });
  expect(sinceSent).toMatchObject({ by: "lab", value: { count: 2, sum: 2 * MS, max: MS } });
  expect(times.late).toBe(1);
  expect(times.seconds).toBe(0.151);
});

test("lines without a schedule have no latency since they were due", () => {
  const times = new LineTimings("grid", 0);
  times.add({ dueNs: undefined, sentNs: 1, seenNs: 2 });
  expect(times.latency().sinceDue).toEqual({ value: null, why: "no line that was stored had a schedule" });
});

test("lines on their way: at most, and on average", () => {
  const times = new LineTimings(undefined, 0);
  for (const [sent, seen] of [
    [0, 40],
    [10, 40],
    [20, 40],
    [40, 100],
  ] as const) {
    times.add({ dueNs: 0, sentNs: sent * MS, seenNs: seen * MS });
  }
  const { linesMax, linesMean } = times.inFlight();
  expect(linesMax.value).toBe(3);
  expect(linesMean.value).toBeCloseTo((40 + 30 + 20 + 60) / 100, 10);
});

test("a line that claims to be sent after it was seen is on its way for no time", () => {
  const times = new LineTimings(undefined, 0);
  times.add({ dueNs: 0, sentNs: 9 * MS, seenNs: 5 * MS });
  times.add({ dueNs: 0, sentNs: 10 * MS, seenNs: 5 * MS });
  expect(times.inFlight().linesMax.value).toBe(0);
});

test("a timeline keeps single lines, or counts them by 10 ms", () => {
  const kept = (kind: "points" | "grid"): unknown => {
    const times = new LineTimings(kind, 1000 * MS);
    for (const [due, took] of [
      [25, 3],
      [21, 4],
      [30, 19],
    ] as const) {
      times.add({ dueNs: (1000 + due) * MS, sentNs: 0, seenNs: (1000 + due + took) * MS });
    }
    return times.timeline().value;
  };
  expect(kept("points")).toEqual({
    kind: "points",
    points: [
      [21, 4 * MS],
      [25, 3 * MS],
      [30, 19 * MS],
    ],
  });
  expect(kept("grid")).toEqual({
    kind: "grid",
    columnMs: 10,
    rowMs: 10,
    cells: [
      [2, 0, 2],
      [3, 1, 1],
    ],
  });
});
