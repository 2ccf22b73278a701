import { expect, test } from "vitest";
import { Bucket } from "../../src/aggregator/rate-limit.ts";

test("a wait for lines to be earned doesn't keep a stopped aggregator running", () => {
  const bucket = new Bucket("uid 1000", 1);
  bucket.spend(1000);
  const running = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  expect(bucket.wait()).toBeInstanceOf(Promise);
  expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout")).toHaveLength(running);
});
