import { Command } from "commander";
import { expect, test } from "vitest";
import { presentMetrics } from "../../src/cli/metrics-event.ts";
import { metricsOption } from "../../src/cli/metrics-option.ts";

/** What `--metrics` means with this value. @throws what commander prints */
function parsed(text: string): unknown {
  const command = new Command()
    .addOption(metricsOption())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return command.parse(["--metrics", text], { from: "user" }).opts()["metrics"];
}

test.each([
  ["127.0.0.1:9464", "127.0.0.1", 9464],
  ["9464", "127.0.0.1", 9464],
  [":0", "127.0.0.1", 0],
  ["[::1]:9464", "::1", 9464],
  ["localhost:9464", "localhost", 9464],
  ["0.0.0.0:9464", "0.0.0.0", 9464],
])("--metrics %s", (text, host, port) => {
  expect(parsed(text)).toEqual({ transport: "tcp", host, port });
});

test.each(["", "here", "127.0.0.1", "/tmp/socket", "::1:9464", "1.2.3.4:99999"])("--metrics %j is refused", (text) => {
  expect(() => parsed(text)).toThrow("Write host:port or a port, such as 127.0.0.1:9464 or [::1]:9464.");
});

test.each(["127.0.0.1", "127.8.8.8", "::1"])("%s is reached from this machine only: no warning", (host) => {
  expect(presentMetrics({ transport: "tcp", host, port: 1 }).log).toEqual([]);
});

test.each(["0.0.0.0", "::", "192.168.1.5", "12.7.0.1", "::127.0.0.1"])("%s comes with a warning", (host) => {
  expect(presentMetrics({ transport: "tcp", host, port: 1 }).log).toMatchObject([{ level: "warn" }]);
});
