import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { WITHOUT_NATS } from "../support/nats-server.ts";
import { type ProgramLine, RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const DEMO = fileURLToPath(new URL("../../scripts/demo-cluster.ts", import.meta.url));
const COMMAND = ["--import", "tsx", DEMO];

test("the demo kills parts of the whole system, and accounts for every line", { timeout: 120_000 }, async (context) => {
  if (WITHOUT_NATS !== undefined) context.skip(WITHOUT_NATS);
  const demo = new RunningProgram(process.execPath, COMMAND);
  expect(await demo.ended, demo.stderr).toBe(0);
  const all = (event: string): ProgramLine[] => demo.lines.filter((line) => line["event"] === event);
  expect(all("killed").map(({ killed }) => killed)).toEqual(["leader", "forwarder", "aggregator"]);
  expect(all("timeline")[0]).toMatchObject({
    faults: [{ part: "the stream" }, { part: "what is read of alpha" }, { part: "beta's file" }],
  });
  const transports = all("transport");
  expect(transports.map(({ host, transport }) => `${host} ${transport}`)).toHaveLength(10);
  for (const { sent, unsent, stored, lost, isAcknowledged, ...rest } of transports) {
    expect(Number(stored) + Number(lost), JSON.stringify(rest)).toBe(Number(sent) + Number(unsent));
    if (isAcknowledged === true) expect({ lost, unsent }, JSON.stringify(rest)).toEqual({ lost: 0, unsent: 0 });
  }
  expect(all("host")).toMatchObject([
    { host: "alpha", isInStream: true, isReadBack: true },
    { host: "beta", isInStream: true, isReadBack: true },
  ]);
  const lines = all("host").reduce((sum, host) => sum + Number(host["lines"]), 0);
  expect(lines).toBeGreaterThan(0);
  expect(all("verdict")).toMatchObject([{ isKept: true, ackedLost: 0, flawedFiles: 0 }]);
});

test("without nats-server the demo says how to install it", () => {
  const env = { ...process.env, PATH: temporaryDirectory(), NATS_SERVERS: temporaryDirectory() };
  const { status, stderr, stdout } = spawnSync(process.execPath, COMMAND, { env, encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain("apt-get install nats-server");
});
