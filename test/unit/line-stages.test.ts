import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countIn } from "../../src/lab/collectors/perf.ts";
import { parseSummary } from "../../src/lab/collectors/strace.ts";
import { type Call, parseEvents, type TracedEvents } from "../../src/lab/stages/events.ts";
import { type FollowedLine, stagesOf } from "../../src/lab/stages/line-stages.ts";

const SENDER = 7;
const AGGREGATOR = 9;

function call(kind: Call["kind"], enterNs: number, exitNs: number): Call {
  return { kind, pid: kind === "send" ? SENDER : AGGREGATOR, enterNs, exitNs, result: kind === "sync" ? 0 : 10 };
}

/** A line of 10 bytes that was due at 100 and went the usual way. */
const LINE: FollowedLine = { pid: SENDER, dueNs: 100, sentNs: 140, seenNs: 1000, end: 10 };
const USUAL: TracedEvents = {
  calls: [call("send", 150, 300), call("receive", 500, 530), call("write", 600, 700)],
  wakes: [50, 250],
  runs: [60, 400],
};

function stages(lines: readonly FollowedLine[], events: TracedEvents, isDurable = false): unknown {
  const { value } = stagesOf(lines, events, isDurable);
  return value && Object.fromEntries(value.stages.map(({ name, meanNs }) => [name, meanNs]));
}

describe("the stages of a line", () => {
  test("are the times between its calls, the wakeup and the sight of it", () => {
    const expected = { schedule: 50, send: 100, queue: 0, wakeup: 150, loop: 100, read: 30, process: 70, write: 100 };
    expect(stages([LINE], USUAL)).toEqual({ ...expected, notice: 300 });
  });

  test("end when the line can be read, which may be before the write that stored it returns", () => {
    const seen = { ...LINE, seenNs: 650 };
    expect(stages([seen], USUAL)).toMatchObject({ process: 70, write: 50, notice: 0 });
    expect(stagesOf([seen], USUAL, false).value?.meanNs).toBe(550);
  });

  test("have no wakeup where the aggregator was awake: the line waits in the queue", () => {
    const awake = { ...USUAL, wakes: [50], runs: [60] };
    expect(stages([LINE], awake)).toMatchObject({ send: 150, queue: 200, wakeup: 0, loop: 0, read: 30 });
  });

  test("count a sleep that was not the line's as queue, until the wakeup that follows the send", () => {
    const throttled = { ...USUAL, wakes: [50, 380], runs: [60, 390] };
    expect(stages([LINE], throttled)).toMatchObject({ send: 150, queue: 80, wakeup: 10, loop: 110 });
  });

  test("end with the sync where a line counts as stored only then", () => {
    const synced = { ...USUAL, calls: [...USUAL.calls, call("sync", 690, 900), call("sync", 910, 1500)] };
    expect(stages([LINE], synced, true)).toMatchObject({ write: 100, sync: 200 });
    expect(stages([LINE], synced, true)).not.toHaveProperty("notice");
  });

  test("add up to the mean latency of the same lines, whatever the order of events", () => {
    const time = fc.nat({ max: 1000 });
    const times = fc.array(time);
    const calls = fc.array(
      fc.record({
        kind: fc.constantFrom<Call["kind"]>("send", "receive", "write"),
        at: time,
        took: fc.nat({ max: 50 }),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(calls, fc.tuple(times, times, times), (made, [wakes, runs, ends]) => {
        const ascending = (a: number, b: number): number => a - b;
        const events: TracedEvents = {
          calls: made.map(({ kind, at, took }) => call(kind, at, at + took)).sort((a, b) => a.enterNs - b.enterNs),
          wakes: wakes.toSorted(ascending),
          runs: runs.toSorted(ascending),
        };
        const lines = ends.map((end): FollowedLine => ({ ...LINE, end: 10 + (end % 40), sentNs: end, seenNs: 900 }));
        const single = lines.flatMap((line) => stagesOf([line], events, false).value ?? []);
        for (const { meanNs } of single) expect(meanNs).toBe(800);
        const { value } = stagesOf(lines, events, false);
        if (value === null) return;
        expect(value.lines).toBe(single.length);
        expect(value.stages.reduce((sum, { meanNs }) => sum + meanNs, 0)).toBeCloseTo(800, 6);
        expect(value.stages.every(({ meanNs }) => meanNs >= 0)).toBe(true);
      }),
    );
  });

  test("are not told where a line's read could be another one's", () => {
    const two = { ...USUAL, calls: [...USUAL.calls, call("receive", 540, 550)] };
    const result = stagesOf([LINE], two, false);
    expect(result).toEqual({ value: null, why: "the calls of only 0 of 1 lines could be told apart" });
  });
});

test("events are read from among the maps, each for its side", () => {
  const text = [
    "Following lines. Hit Ctrl-C to end.",
    `call 2 ${AGGREGATOR} 500 530 10`,
    `call 1 ${SENDER} 150 300 10`,
    `call 1 ${AGGREGATOR} 560 570 4`,
    `call 2 ${SENDER} 580 590 4`,
    `call 3 ${AGGREGATOR} 600 700 10`,
    `run ${AGGREGATOR} 400`,
    `wake ${AGGREGATOR} 250`,
    `run ${AGGREGATOR} 60`,
    "run 12345 70",
    `wake ${AGGREGATOR} 50`,
    "@calls[7, 1, 0]: 3",
  ].join("\n");
  expect(parseEvents(text, AGGREGATOR)).toEqual(USUAL);
});

test("strace's summary has calls with and without errors", () => {
  const text = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 62.50    0.000950           9       105           futex
  0.00    0.000000           0        12         3 openat
------ ----------- ----------- --------- --------- ----------------
100.00    0.001520           2       117         3 total
`;
  expect(parseSummary(text)).toEqual({ futex: 105, openat: 12 });
});

test("perf's counts are told from what it could not count", () => {
  const text = "1234567;;cycles:u;100;100.00;;\n<not supported>;;cache-misses;0;100.00;;\n";
  expect([countIn(text, "cycles"), countIn(text, "cache-misses"), countIn(text, "branches")]).toEqual([
    1234567,
    undefined,
    undefined,
  ]);
});
