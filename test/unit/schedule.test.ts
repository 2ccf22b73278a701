import { expect, onTestFinished, test, vi } from "vitest";
import { Schedule } from "../../src/producer/schedule.ts";

const never = new AbortController().signal;

function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

test.each([0.5, 3, 20])("ticks each %d ms come at start + n × interval, never before", async (intervalMs) => {
  const schedule = new Schedule(intervalMs, never);
  const startMs = schedule.dueMs(0);
  for (let tick = 1; tick <= 10; tick++) {
    await schedule.wait(tick);
    expect(schedule.dueMs(tick)).toBeCloseTo(startMs + tick * intervalMs, 6);
    expect(performance.now()).toBeGreaterThanOrEqual(schedule.dueMs(tick) - 0.05);
  }
});

test("ticks that were missed come at once and are late; later ones are on time again", async () => {
  const schedule = new Schedule(20, never);
  block(65);
  const resting = vi.spyOn(Atomics, "wait");
  onTestFinished(() => resting.mockRestore());
  for (const tick of [1, 2]) {
    await schedule.wait(tick);
    expect(schedule.isLate(tick)).toBe(true);
  }
  expect(resting).not.toHaveBeenCalled();
  await schedule.wait(4);
  expect(performance.now()).toBeGreaterThanOrEqual(schedule.dueMs(4) - 0.05);
});

test("a tick isn't late before the next one is due", () => {
  expect(new Schedule(60_000, never).isLate(0)).toBe(false);
});

test("a wait ends when the schedule is stopped", async () => {
  const stop = new AbortController();
  const schedule = new Schedule(60_000, stop.signal);
  const waiting = schedule.wait(1);
  stop.abort();
  await waiting;
});
