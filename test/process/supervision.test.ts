import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { Supervision } from "../../src/cli/supervision.ts";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { FORWARDER } from "../support/forwarder-process.ts";
import { NotifyReceiver } from "../support/notify-receiver.ts";
import { RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let directory = "";
beforeEach(() => {
  directory = temporaryDirectory();
});

/** An aggregator whose service manager has this name. */
function start(name: string, more: Readonly<Record<string, string>> = {}): Promise<AggregatorProcess> {
  const env = { NOTIFY_SOCKET: name, ...more };
  return AggregatorProcess.start([`unixsock=${join(directory, "s")}`], { cwd: directory, env });
}

describe("an aggregator under a service manager", () => {
  test.each<[string, () => string]>([
    ["a path", () => join(directory, "notify")],
    ["an abstract name", () => `@log-aggregator-test-${process.pid}`],
  ])("says on %s that it is ready, what it does, and that it stops", async (_, nameOf) => {
    const receiver = new NotifyReceiver(nameOf());
    const aggregator = await start(nameOf());
    const ready = await receiver.message("READY=1");
    expect(ready["STATUS"]).toMatch(/^0 lines {3}0 lines\/s .* 0 dropped$/);
    expect(ready["WATCHDOG"]).toBeUndefined();
    await aggregator.stop();
    expect(receiver.messages.at(-1)).toEqual({ STOPPING: "1" });
  });

  test("reports twice in the watchdog's time that it isn't stuck", async () => {
    const receiver = new NotifyReceiver(join(directory, "notify"));
    const aggregator = await start(join(directory, "notify"), { WATCHDOG_USEC: "40000" });
    while (receiver.messages.filter(({ WATCHDOG }) => WATCHDOG === "1").length < 5) await receiver.next();
    await aggregator.stop();
  });

  test("reports nothing to a watchdog of another process", async () => {
    const receiver = new NotifyReceiver(join(directory, "notify"));
    const aggregator = await start(join(directory, "notify"), { WATCHDOG_USEC: "40000", WATCHDOG_PID: "1" });
    await receiver.message("READY=1");
    await aggregator.stop();
    expect(receiver.messages.filter(({ WATCHDOG }) => WATCHDOG !== undefined)).toEqual([]);
  });

  test("reports a reload upon SIGHUP", async () => {
    const receiver = new NotifyReceiver(join(directory, "notify"));
    const aggregator = await start(join(directory, "notify"));
    await receiver.message("READY=1");
    aggregator.kill("SIGHUP");
    const reloading = await receiver.message("RELOADING=1");
    expect(Number(reloading["MONOTONIC_USEC"])).toBeGreaterThan(0);
    await aggregator.stop();
    expect(receiver.messages.slice(1)).toEqual([reloading, { READY: "1" }, { STOPPING: "1" }]);
  });

  test("isn't ready because it gets SIGHUP while it starts", async () => {
    const receiver = new NotifyReceiver(join(directory, "notify"));
    const supervision = new Supervision({ NOTIFY_SOCKET: join(directory, "notify") });
    let reloads = 0;
    supervision.reloading(() => reloads++);
    supervision.ready({ status: () => "listening", isProgressing: () => true });
    const ready = await receiver.message("READY=1");
    expect([reloads, receiver.messages]).toEqual([1, [ready]]);
    expect(ready["STATUS"]).toBe("listening");
    supervision.stopping();
  });

  test.each(["/nowhere/notify", "@nobody-listens-here", "vsock:2:1234", `/${"x".repeat(200)}`])(
    "runs where nobody receives its reports, as at %s",
    async (name) => {
      const aggregator = await start(name, { WATCHDOG_USEC: "1000" });
      const { status, stderr } = await aggregator.stop();
      expect([status, stderr]).toEqual([0, expect.not.stringContaining("rror")]);
    },
  );
});

describe("a forwarder under a service manager", () => {
  test("is ready when its engine is reached, and says how far it is", async () => {
    const receiver = new NotifyReceiver(join(directory, "notify"));
    const file = join(directory, "app.jsonl");
    writeFileSync(file, '{"a":1}\n');
    const forwarder = forward(file, "stdout", join(directory, "notify"));
    const ready = await receiver.message("READY=1");
    expect(ready["STATUS"]).toMatch(/^0 lines .* behind/);
    forwarder.child.kill("SIGTERM");
    expect(await forwarder.ended).toBe(0);
    expect(receiver.messages.at(-1)).toEqual({ STOPPING: "1" });
  });

  test("is ready during an outage of its engine, too, which is its status", async () => {
    const receiver = new NotifyReceiver(join(directory, "notify"));
    const file = join(directory, "app.jsonl");
    writeFileSync(file, '{"a":1}\n');
    const forwarder = forward(file, "nats://127.0.0.1:1", join(directory, "notify"));
    const ready = await receiver.message("READY=1");
    expect(ready["STATUS"]).toContain("127.0.0.1:1");
    forwarder.child.kill("SIGKILL");
    await forwarder.ended;
  });
});

function forward(file: string, to: string, name: string): RunningProgram {
  const env = { PATH: process.env["PATH"], NOTIFY_SOCKET: name };
  const stream = to.startsWith("nats") ? ["--stream", "LOGS"] : [];
  return new RunningProgram(process.execPath, [FORWARDER, file, "--to", to, ...stream], { env });
}
