import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { AGGREGATOR, AggregatorProcess } from "../support/aggregator-process.ts";
import { readPage } from "../support/doc-samples.ts";
import { FORWARDER } from "../support/forwarder-process.ts";
import { NotifyReceiver } from "../support/notify-receiver.ts";
import { PassedSockets } from "../support/passed-sockets.ts";
import { analyze, analyzeObstacle } from "../support/systemd-analyze.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const FOLDER = projectFile("docs/systemd");
const UNITS = readdirSync(FOLDER);
/** The systemd whose judgement docs/operations.md quotes. */
const QUOTED_VERSION = 252;
const SERVICES = UNITS.filter((name) => name.endsWith(".service"));

/** All values of a setting in a unit, in order. */
function settings(unit: string, name: string): string[] {
  const found = readFileSync(join(FOLDER, unit), "utf8").matchAll(new RegExp(`^${name}=(.*)$`, "gm"));
  return [...found].map(([, value = ""]) => value);
}

describe("systemd-analyze", () => {
  const obstacle = analyzeObstacle();
  let directory = "";
  beforeEach((context) => {
    if (obstacle !== undefined) context.skip(obstacle);
    directory = temporaryDirectory();
    // The commands are not installed here.
    for (const unit of UNITS) {
      const text = readFileSync(join(FOLDER, unit), "utf8")
        .replace(/^ExecStart=aggregator /m, `ExecStart=${process.execPath} ${AGGREGATOR} `)
        .replace(/^ExecStart=forwarder /m, `ExecStart=${process.execPath} ${FORWARDER} `);
      writeFileSync(join(directory, unit), text);
    }
  });

  test("verify finds nothing to complain about in the units of docs/systemd", () => {
    const { status, stdout, stderr } = analyze(["verify", "--man=no", ...UNITS.map((name) => `./${name}`)], directory);
    // Of other units, those of the system, it may say something.
    const said = `${stdout}${stderr}`.split("\n").filter((line) => UNITS.some((unit) => line.includes(unit)));
    expect({ status, said }).toEqual({ status: 0, said: [] });
  });

  test.each(SERVICES)("security says of %s what docs/operations.md quotes", (service) => {
    const { stdout } = analyze(["security", "--offline=true", `./${service}`], directory);
    const [, level = "?", words] = /Overall exposure level for \S+: (\d\.\d) (\w+)/.exec(stdout) ?? [];
    expect(words).toBe("OK");
    // Another version judges by other rules.
    if (!analyze(["--version"]).stdout.startsWith(`systemd ${QUOTED_VERSION} `)) return;
    const quoted = `Overall exposure level for ${service}: ${level} ${words}`;
    expect(readPage("docs/operations.md")).toContain(quoted);
    expect(readPage("docs/operations.md")).toContain(`(systemd ${QUOTED_VERSION};`);
  });
});

describe("log-aggregator.service", () => {
  test("starts as the units say: on their sockets, and ready when it listens on all of them", async () => {
    const directory = temporaryDirectory();
    const [, ...args] = settings("log-aggregator.service", "ExecStart")[0]?.split(" ") ?? [];
    const listens = ["ListenStream", "ListenDatagram", "ListenFIFO"].flatMap((name) =>
      settings("log-aggregator.socket", name),
    );
    expect(listens).toHaveLength(3);
    const sockets = new PassedSockets(directory, ["unixsock", "unixgram", "fifo"]);
    onTestFinished(() => sockets[Symbol.dispose]());
    const notify = join(directory, "notify");
    const receiver = new NotifyReceiver(notify);
    const here = args.map((arg) => arg.replace("/var/log/log-aggregator", directory));
    const aggregator = await AggregatorProcess.start(here, {
      passed: sockets.descriptors,
      env: {
        NOTIFY_SOCKET: notify,
        WATCHDOG_USEC: String(Number(settings("log-aggregator.service", "WatchdogSec")) * 1e6),
      },
    });
    expect(await receiver.message("READY=1")).toMatchObject({ WATCHDOG: "1" });
    expect((await aggregator.stop()).status).toBe(0);
  });
});
