import { describe, expect, test } from "vitest";
import { AggregatorProcess, runAggregator } from "../support/aggregator-process.ts";
import { warnings } from "../support/diagnostics.ts";

describe("listening", () => {
  const MEANING =
    /^(tcp|udp) 0\.0\.0\.0:\d+ can be reached from other machines: anyone who reaches the port can write to the log/;

  test("beyond loopback comes with a warning that says what isn't protected", async () => {
    const aggregator = await AggregatorProcess.start(["tcp=0.0.0.0:0", "udp=0.0.0.0:0", "--insecure"]);
    const { stderr } = await aggregator.stop();
    expect(warnings(stderr)).toEqual([expect.stringMatching(MEANING), expect.stringMatching(MEANING)]);
    expect(stderr).toContain("nothing is encrypted or authenticated");
    expect(stderr).toMatch(/nothing is encrypted, .* can be forged, .* loses are not counted/);
  });

  test.each(["0.0.0.0", "[::]"])("on tcp=%s without TLS is a usage error", async (host) => {
    const { status, stderr } = await runAggregator([`tcp=${host}:0`]);
    expect(status).toBe(2);
    expect(stderr).toContain(`tcp ${host}:0 can be reached from other machines`);
    expect(stderr).toContain("pass --tls-cert and --tls-key, or --insecure");
  });

  test.each(["127.0.0.1", "127.8.8.8", "[::1]", "localhost"])("on %s does not", async (host) => {
    const { stderr } = await (await AggregatorProcess.start([`tcp=${host}:0`, `udp=${host}:0`])).stop();
    expect(warnings(stderr)).toEqual([]);
  });
});
