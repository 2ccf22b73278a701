import { expect, test } from "vitest";
import { formatLag } from "../../src/cli/forwarder/lag-line.ts";

test("the live line shows lines, rate, backlog and the time that is left", () => {
  const lag = { lines: 1_234_567, bytes: 5e8, backlogBytes: 5e8 };
  expect(formatLag(lag, 5e7, 80)).toBe("1.23M lines   50.0 MB/s   500MB behind   10s left");
  expect(formatLag(lag, 0, 80)).toBe("1.23M lines   0.0 MB/s   500MB behind");
  expect(formatLag({ ...lag, backlogBytes: null }, 5e7, 80)).toBe("1.23M lines   50.0 MB/s");
});

test("a narrow terminal keeps the backlog", () => {
  const lag = { lines: 1_234_567, bytes: 5e8, backlogBytes: 5e8 };
  expect(formatLag(lag, 5e7, 30)).toBe("500MB behind   10s left");
});
