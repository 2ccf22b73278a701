import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { readPage } from "../support/doc-samples.ts";
import { startForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { metricsAddress, scrape } from "../support/metrics.ts";
import { OtlpServer } from "../support/otlp-server.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Where scripts/unpacked.sh unpacks packages. */
const UNPACKED: string =
  process.env["UNPACKED"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "log-aggregator", "unpacked");

/** Runs Prometheus's own checks. Skips where they are missing. */
function promtool(
  context: TestContext,
  args: readonly string[],
  input = "",
): { status: number | null; output: string } {
  const unpacked = join(UNPACKED, "prometheus/usr/bin/promtool");
  const command = existsSync(unpacked) ? unpacked : "promtool";
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", input });
  if (error !== undefined) context.skip("promtool is missing; run scripts/unpacked.sh prometheus");
  return { status, output: `${stdout}${stderr}` };
}

test("the metrics of both programs are as Prometheus wants them", async (context) => {
  const aggregator = await AggregatorProcess.start(["unixsock", "tcp=:0", "--metrics", "0"]);
  const server = await OtlpServer.start();
  const forwarder = startForwarder([logFile("{}\n"), "--to", `otlp+${server.url}`, "--metrics", "0"]);
  const { address } = await forwarder.event("metrics");
  for (const where of [metricsAddress(aggregator.stdout), String(address)]) {
    const { text } = await scrape(where);
    expect(promtool(context, ["check", "metrics"], text)).toEqual({ status: 0, output: "" });
  }
});

const I = 'instance="a"';
/** For each alert, series with which it fires after 20 minutes, one value per minute. */
const FIRING: Readonly<Record<string, readonly (readonly [series: string, values: string])[]>> = {
  LogLinesLost: [[`log_aggregator_not_stored_lines_total{${I},reason="oversize"}`, "0+1x30"]],
  LogMessagesDropped: [[`log_aggregator_kernel_dropped_messages_total{${I},address="127.0.0.1:9000"}`, "0+5x30"]],
  LogConnectionsRefused: [[`log_aggregator_refused_connections_total{${I},reason="descriptors"}`, "0+1x30"]],
  LogRemovedUnforwarded: [[`log_aggregator_removed_unforwarded_bytes_total{${I}}`, "0+100x30"]],
  LogResidue: [[`log_aggregator_residue_lines{${I}}`, "-1x30"]],
  LogOutputStalled: [[`log_aggregator_output_stalled{${I}}`, "1x30"]],
  LogLinesWait: [[`log_aggregator_oldest_line_seconds{${I}}`, "31+60x30"]],
  LogQueueFull: [
    [`log_aggregator_queue_bytes{${I}}`, "90x30"],
    [`log_aggregator_queue_limit_bytes{${I}}`, "100x30"],
  ],
  LogSendersWait: [[`log_aggregator_paused_seconds_total{${I}}`, "0+30x30"]],
  LogDiskErrors: [[`log_aggregator_disk_errors_total{${I},operation="write"}`, "0+1x30"]],
  LogBytesSuspect: [[`log_aggregator_suspect_bytes_total{${I}}`, "0+1x30"]],
  LogForwarderDisconnected: [[`log_aggregator_forwarder_connected{${I}}`, "0x30"]],
  LogForwardingStalled: [
    [`log_aggregator_forwarder_lag_bytes{${I}}`, "1000x30"],
    [`log_aggregator_forwarder_acknowledged_bytes_total{${I}}`, "5x30"],
  ],
  LogForwardingLags: [[`log_aggregator_forwarder_lag_seconds{${I}}`, "301+60x30"]],
  LogLinesRejected: [[`log_aggregator_forwarder_rejected_lines_total{${I},reason="tooLong"}`, "0+1x30"]],
  LogFilesChanged: [[`log_aggregator_forwarder_changed_files_total{${I},change="gone"}`, "0+1x30"]],
  LogProcessDown: [[`up{${I},job="log-aggregator"}`, "0x30"]],
};

/** Series of programs that are well, with which no alert fires. */
const HEALTHY: readonly (readonly [string, string])[] = [
  [`log_aggregator_not_stored_lines_total{${I},reason="blank"}`, "0+1x30"],
  [`log_aggregator_not_stored_lines_total{${I},reason="oversize"}`, "7x30"],
  [`log_aggregator_refused_connections_total{${I},reason="http"}`, "0+1x30"],
  [`log_aggregator_residue_lines{${I}}`, "0x30"],
  [`log_aggregator_output_stalled{${I}}`, "0x30"],
  [`log_aggregator_queue_bytes{${I}}`, "10x30"],
  [`log_aggregator_queue_limit_bytes{${I}}`, "100x30"],
  [`log_aggregator_forwarder_lag_bytes{${I}}`, "1000x30"],
  [`log_aggregator_forwarder_acknowledged_bytes_total{${I}}`, "0+5x30"],
  [`log_aggregator_forwarder_changed_files_total{${I},change="copied"}`, "0+1x30"],
  [`log_aggregator_forwarder_connected{${I}}`, "1x30"],
  [`up{${I},job="log-aggregator"}`, "1x30"],
];

test("docs/alerts.yml is valid, each alert fires for what it is about, and none for programs that are well", (context) => {
  expect(promtool(context, ["check", "rules", projectFile("docs/alerts.yml")]).status).toBe(0);
  const alerts = [...readPage("docs/alerts.yml").matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  expect(Object.keys(FIRING)).toEqual(alerts);
  const inputs = (series: readonly (readonly [string, string])[]): unknown =>
    series.map(([name, values]) => ({ series: name, values }));
  const expectation = (alert: string, samples: readonly unknown[]): unknown => ({
    expr: `count(ALERTS{alertname=~"${alert}",alertstate="firing"})`,
    eval_time: "20m",
    exp_samples: samples,
  });
  const firing = Object.entries(FIRING).map(([alert, series]) => ({
    interval: "1m",
    input_series: inputs(series),
    promql_expr_test: [expectation(alert, [{ value: 1 }])],
  }));
  const quiet = { interval: "1m", input_series: inputs(HEALTHY), promql_expr_test: [expectation(".*", [])] };
  const path = join(temporaryDirectory(), "tests.json");
  writeFileSync(path, JSON.stringify({ rule_files: [projectFile("docs/alerts.yml")], tests: [...firing, quiet] }));
  expect(promtool(context, ["test", "rules", path])).toMatchObject({ status: 0 });
});
