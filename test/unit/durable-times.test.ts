import { afterEach, expect, test, vi } from "vitest";
import { DurableTimes } from "../../src/sink/durable-times.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** A clock that stands still until it is set. */
function heldClock(): { ms: number } {
  const clock = { ms: 1000 };
  vi.spyOn(performance, "now").mockImplementation(() => clock.ms);
  return clock;
}

test("each mark is reported with the age of its oldest line, when all of it is durable", () => {
  const clock = heldClock();
  const reported: number[] = [];
  const times = new DurableTimes((ms) => reported.push(ms));
  times.arrived(0);
  clock.ms += 10;
  times.arrived(100);
  clock.ms += 5;
  expect(times.waitingMs).toBe(15);
  times.durable(99, 200);
  expect(reported).toEqual([]);
  times.durable(150, 200);
  expect(reported).toEqual([15]);
  expect(times.waitingMs).toBe(5);
  times.durable(200, 200);
  expect(reported).toEqual([15, 5]);
  expect(times.waitingMs).toBe(0);
});

test("what arrives within a millisecond shares a mark", () => {
  const clock = heldClock();
  const reported: number[] = [];
  const times = new DurableTimes((ms) => reported.push(ms));
  times.arrived(0);
  clock.ms += 0.5;
  times.arrived(100);
  times.durable(100, 200);
  expect(reported).toEqual([]);
  times.durable(200, 200);
  expect(reported).toEqual([0.5]);
});

test("a disk that hangs for long costs a bounded number of marks, and no line gets younger", () => {
  const clock = heldClock();
  const reported: number[] = [];
  const times = new DurableTimes((ms) => reported.push(ms));
  const ITERATIONS = 100_000;
  for (let n = 0; n < ITERATIONS; n++) {
    times.arrived(n);
    clock.ms += 2;
  }
  expect(times.waitingMs).toBe(2 * ITERATIONS);
  times.durable(ITERATIONS, ITERATIONS);
  expect(reported.length).toBeGreaterThanOrEqual(128);
  expect(reported.length).toBeLessThan(256);
  expect(reported[0]).toBe(2 * ITERATIONS);
  // Afterwards it is as exact as before.
  times.arrived(ITERATIONS);
  clock.ms += 1;
  times.arrived(ITERATIONS + 1);
  times.durable(ITERATIONS + 2, ITERATIONS + 2);
  expect(reported.slice(-2)).toEqual([1, 0]);
});

test("what will never be durable is forgotten, and what follows is not", () => {
  const clock = heldClock();
  const reported: number[] = [];
  const times = new DurableTimes((ms) => reported.push(ms));
  times.arrived(0);
  clock.ms += 10;
  times.arrived(100);
  times.forget(100, 200);
  expect(times.waitingMs).toBe(0);
  clock.ms += 1;
  times.durable(200, 200);
  expect(reported).toEqual([1]);
});

test("after a long wait, ages are exact again, also while lines always wait", () => {
  const clock = heldClock();
  let reported: number[] = [];
  const times = new DurableTimes((ms) => reported.push(ms));
  let position = 0;
  const bring = (lines: number): void => {
    for (let n = 0; n < lines; n++) {
      times.arrived(position++);
      clock.ms += 2;
    }
  };
  bring(10_000);
  for (let syncs = 0; syncs < 20; syncs++) {
    times.durable(position - 3, position);
    bring(10);
  }
  reported = [];
  times.durable(position, position);
  expect(reported).toEqual([26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2]);
});
