import { expect, test } from "vitest";
import {
  DIRECT_WRITE_BYTES_MIN,
  FAST_WRITES,
  SLOW_WRITE_MS,
  SLOW_WRITES,
  WRITE_BYTES_PER_MS,
} from "../../src/core/tuning.ts";
import { WritePace } from "../../src/sink/write-pace.ts";

const SLOW = SLOW_WRITE_MS + 0.1;
const FAST = SLOW_WRITE_MS - 0.1;

test("a file is slow after some slow writes in a row, and fast again after some fast ones in a row", () => {
  const pace = new WritePace();
  const after = (ms: number, times: number): boolean => {
    for (let i = 0; i < times; i++) pace.note(DIRECT_WRITE_BYTES_MIN, ms);
    return pace.isSlow;
  };
  expect(after(SLOW, SLOW_WRITES - 1)).toBe(false);
  expect(after(FAST, 1)).toBe(false);
  expect(after(SLOW, SLOW_WRITES - 1)).toBe(false);
  expect(after(SLOW, 1)).toBe(true);
  expect(after(FAST, FAST_WRITES - 1)).toBe(true);
  expect(after(SLOW, 1)).toBe(true);
  expect(after(FAST, FAST_WRITES - 1)).toBe(true);
  expect(after(FAST, 1)).toBe(false);
});

test("a long write may take its time", () => {
  const pace = new WritePace();
  const ms = 4 * SLOW_WRITE_MS;
  for (let i = 0; i < SLOW_WRITES; i++) pace.note(ms * WRITE_BYTES_PER_MS, ms);
  expect(pace.isSlow).toBe(false);
  for (let i = 0; i < SLOW_WRITES; i++) pace.note((ms - 1) * WRITE_BYTES_PER_MS, ms);
  expect(pace.isSlow).toBe(true);
});

test("short writes in between, which are fast, don't make a slow file fast", () => {
  const pace = new WritePace();
  for (let i = 0; i < SLOW_WRITES; i++) {
    expect(pace.isSlow).toBe(false);
    pace.note(100, FAST);
    pace.note(DIRECT_WRITE_BYTES_MIN, SLOW);
  }
  expect(pace.isSlow).toBe(true);
});
