import { expect, test } from "vitest";
import { runForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";

test.each<[string[], string[], string]>([
  [
    [],
    ["--to", "otlp+http://127.0.0.1:1", "--stream", "LOGS"],
    "--stream goes with nats://, and has no effect with otlp",
  ],
  [
    [],
    ["--to", "otlp+http://127.0.0.1:1", "--tls-ca", "/none"],
    "--tls-ca goes with nats:// or otlp+https://, and has",
  ],
  [[], ["--to", "stdout", "--unit", "line"], "and has no effect with stdout; leave it out"],
  [["check"], ["--to", "stdout", "--compress", "gzip"], "--compress goes with nats://"],
  [["check"], ["--to", "nats://127.0.0.1:1", "--stream", "LOGS", "--service", "s"], "--service goes with otlp+http://"],
])("forwarder %s FILE %s is a usage error", async (command, options, message) => {
  const { status, stderr } = await runForwarder([...command, logFile("1\n"), ...options]);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});

test("check takes the options of a run", async () => {
  const sending = ["--unit", "line", "--linger", "1s", "--window", "5", "--max-inflight-bytes", "1MiB"];
  const { status, events } = await runForwarder([
    ...["check", logFile('{"n":1}\n'), "--to", "otlp+http://127.0.0.1:1", "--timeout", "1s", "--host", "h"],
    ...[...sending, "--block", "128KiB", "--once", "--no-status"],
  ]);
  expect(status).toBe(1);
  expect(events.at(-1)).toMatchObject({ event: "checked", fail: 1 });
});
