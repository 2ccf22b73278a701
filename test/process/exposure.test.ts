import { describe, expect, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { warnings } from "../support/diagnostics.ts";

describe("listening", () => {
  const MEANING =
    /^(tcp|udp) 0\.0\.0\.0:\d+ can be reached from other machines: anyone who reaches the port can write to the log/;

  test("beyond loopback comes with a warning that says what it means", async () => {
    const { stderr } = await (await AggregatorProcess.start(["tcp=0.0.0.0:0", "udp=0.0.0.0:0"])).stop();
    expect(warnings(stderr)).toEqual([expect.stringMatching(MEANING), expect.stringMatching(MEANING)]);
    expect(stderr).toContain("nothing is encrypted or authenticated");
  });

  test.each(["127.0.0.1", "127.8.8.8", "[::1]", "localhost"])("on %s does not", async (host) => {
    const { stderr } = await (await AggregatorProcess.start([`tcp=${host}:0`, `udp=${host}:0`])).stop();
    expect(warnings(stderr)).toEqual([]);
  });
});
