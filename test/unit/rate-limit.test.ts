import { expect, onTestFinished, test, vi } from "vitest";
import { Bucket, RateLimit } from "../../src/aggregator/rate-limit.ts";

const BUCKETS_MAX = 10_000;

/** Time passes only when the test says so. */
function stopTheClock(): void {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
}

/** A limit of 10 lines per second, which so many senders have used up. */
function usedUp(senders: number): RateLimit {
  const limit = new RateLimit(10, () => {});
  for (let uid = 0; uid < senders; uid++) limit.bucket({ uid }).spend(10);
  return limit;
}

test("a wait for lines to be earned doesn't keep a stopped aggregator running", () => {
  const bucket = new Bucket("uid 1000", 1);
  bucket.spend(1000);
  const running = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  expect(bucket.wait()).toBeInstanceOf(Promise);
  expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout")).toHaveLength(running);
});

test("a sender can't get a new bucket by sending as ten thousand others", () => {
  stopTheClock();
  const limit = usedUp(BUCKETS_MAX);
  const further = limit.bucket({ host: "192.0.2.1" });
  expect(further.sender).toBe("further senders");
  expect(limit.bucket({ host: "192.0.2.2" })).toBe(further);
  further.spend(10);
  for (const uid of [0, 1, BUCKETS_MAX - 1]) expect(limit.bucket({ uid }).available()).toBe(0);
  expect(limit.bucket({ host: "192.0.2.3" }).available()).toBe(0);
});

test("buckets that are full again are given to others, and then a sender leaves the shared one", () => {
  stopTheClock();
  const limit = usedUp(BUCKETS_MAX);
  const further = limit.bucket({ host: "192.0.2.1" });
  vi.advanceTimersByTime(1000);
  limit.bucket({ uid: 7 }).spend(1);
  const own = limit.bucket({ host: "192.0.2.1" }, further);
  expect(own.sender).toBe("192.0.2.1");
  expect(limit.bucket({ host: "192.0.2.1" }, own)).toBe(own);
  expect(limit.bucket({ uid: 7 }).available()).toBe(9);
});

test("a connection whose bucket was given up shares it with the sender's next one", () => {
  stopTheClock();
  const limit = usedUp(BUCKETS_MAX);
  const held = limit.bucket({ uid: 7 });
  vi.advanceTimersByTime(1000);
  limit.bucket({ host: "192.0.2.1" }); // gives up those that are full again
  expect(limit.bucket({ uid: 7 }, held)).toBe(held);
  expect(limit.bucket({ uid: 7 })).toBe(held);
});
