import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseEndpoint } from "../../src/addresses/endpoint-argument.ts";
import { TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { pathRulesOf } from "../../src/transports/registry.ts";
import { AGGREGATOR, AggregatorProcess, diagnostic, runAggregator } from "../support/aggregator-process.ts";
import { openRawSender } from "../support/raw-sender.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const packageFile: { version: string } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
);

test("--version prints the package's version", async () => {
  expect(await runAggregator(["--version"])).toMatchObject({
    status: 0,
    stdout: `${packageFile.version}\n`,
    stderr: "",
  });
});

test("--help lists every transport, option, example and exit status", async () => {
  const { status, stdout } = await runAggregator(["--help"]);
  expect(status).toBe(0);
  for (const word of [
    "unixsock",
    "tcp",
    "unixgram",
    "udp",
    "fifo",
    "--output",
    "--check",
    "--max-line",
    "--queue-bytes",
  ]) {
    expect(stdout).toContain(word);
  }
  expect(stdout).toContain("$ aggregator unixsock");
  expect(stdout).toMatch(/Exit: 0 .*, 1 .*, 2 .*, 3 /);
});

test("help for a reader that has gone is no error", async () => {
  const child = spawn(process.execPath, [AGGREGATOR, "--help"], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.destroy();
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("the built command can be run by its own name", async () => {
  expect(lstatSync(AGGREGATOR).mode & 0o111).toBe(0o111);
  const child = spawn(AGGREGATOR, ["--version"], { stdio: ["ignore", "inherit", "inherit"] });
  expect(await once(child, "exit")).toEqual([0, null]);
});

describe("wrong usage ends with 2, says what to write, and touches nothing:", () => {
  test.each<[string[], string]>([
    [["unixsok"], '"unixsok" is not a transport; did you mean unixsock?'],
    [["datagram"], "There are unixsock, tcp, unixgram, udp, fifo"],
    [["tcp=127.0.0.1"], "names no port"],
    [[`unixsock=/${"p".repeat(107)}`], "is 108 bytes long"],
    [["unixsock=/tmp/a.sock", "unixsock=/tmp/a.sock"], "is named twice"],
    [["unixsock", "--rotate-keep", "2"], "--rotate-keep is about rotated files"],
    [["unixsock", "--rotate-total", "1GiB"], "--rotate-total is about rotated files"],
    [["unixsock", "--keep-free", "1GiB"], "--keep-free is about rotated files"],
    [["unixsock", "--rotate-compress", "gzip"], "--rotate-compress is about rotated files"],
    [["unixsock", "--rotate-size", "1GiB", "--rotate-total", "1GiB"], "is no more than --rotate-size"],
    [["unixsock", "-o", "app.jsonl.20261123T040000000Z-3.gz"], "has the name of a rotated file"],
    [
      ["unixsock", "-o", "-", "--durability", "ack"],
      "standard output can't be synced, so --durability can only be none",
    ],
    [["unixsock", "-o", "-", "--durability", "interval"], "standard output can't be synced"],
    [["unixsock", "-o", "-", "--mode", "0600"], "--mode is about files, and the output is standard output"],
    [["unixsock", "-o", "-", "--rotate-size", "1GiB"], "--rotate-size is about files"],
    [["unixsock", "-o", "-", "--rotate-interval", "1d", "--keep-free", "1GiB"], "--rotate-interval is about files"],
    [["unixsock", "-o", "-", "--rotate-compress", "gzip"], "--rotate-compress is about files"],
  ])("aggregator %j", async (args, words) => {
    const cwd = temporaryDirectory();
    const ended = await runAggregator(args, { cwd });
    expect(ended).toMatchObject({ status: 2, stdout: "" });
    expect(diagnostic(ended, "error").msg).toContain(words);
    expect(readdirSync(cwd)).not.toContain("aggregated_logs.jsonl");
  });

  test.each<[string[], string]>([
    [["-o", "x.jsonl"], "error: name a transport to listen on"],
    [["unixsock", "--chek", "json"], "(Did you mean --check?)"],
    [["unixsock", "--check", "xml"], "Allowed choices are json, shape, none"],
    [["unixsock", "--max-line", "0"], "at least 1 byte"],
    [["unixsock", "--mode", "999"], "three octal digits"],
    [["unixsock", "--log-level", "loud"], "Allowed choices are"],
  ])("aggregator %j", async (args, words) => {
    const cwd = temporaryDirectory();
    const ended = await runAggregator(args, { cwd });
    expect(ended).toMatchObject({ status: 2, stdout: "" });
    expect(ended.stderr).toContain(words);
    expect(readdirSync(cwd)).not.toContain("aggregated_logs.jsonl");
  });
});

test("without a transport it lists all of them, each with an example", async () => {
  const ended = await runAggregator([]);
  expect(ended).toMatchObject({ status: 2, stdout: "" });
  for (const name of TRANSPORT_NAMES) {
    const [, example = ""] = new RegExp(`^  aggregator (${name}=\\S+) `, "m").exec(ended.stderr) ?? [];
    expect(parseEndpoint(example, pathRulesOf, () => expect.unreachable())).toMatchObject({ transport: name });
  }
  expect(ended.stderr.split("\n").filter((line) => line.length > 80)).toEqual([]);
});

test("--help groups the options, those of every command last", async () => {
  const { stdout } = await runAggregator(["--help"]);
  const headings = [...stdout.matchAll(/^(\w+):\n/gm)].map(([, name]) => name);
  expect(headings).toEqual([
    "Arguments",
    "Output",
    "Rotation",
    "Lines",
    "Senders",
    "Resources",
    "Reports",
    "General",
    "Examples",
  ]);
});

test("a reader of its events that goes away does not end it, and the stop is an orderly one", async () => {
  const cwd = temporaryDirectory();
  const child = spawn(process.execPath, [AGGREGATOR, "unixsock=./s"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await once(child.stdout, "data");
  child.stdout.destroy();
  openRawSender({ transport: "unixsock", path: join(cwd, "s") }, "stream").write("{}\n");
  child.kill("SIGTERM");
  expect(await once(child, "close")).toEqual([0, null]);
  expect(readFileSync(join(cwd, "aggregated_logs.jsonl"), "utf8")).toBe("{}\n");
  expect(stderr).not.toContain("EPIPE");
});

test("diagnostics are JSON lines on stderr, and --log-level silences them", async () => {
  const loud = await AggregatorProcess.start(["tcp=:0"]);
  expect(
    (await loud.stop()).stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { level: "info", name: "aggregator", msg: expect.stringContaining("listening on tcp 127.0.0.1:") },
    { level: "info", name: "aggregator", msg: "stored 0 of 0 lines; none lost" },
  ]);
  const quiet = await AggregatorProcess.start(["tcp=:0", "--log-level", "warn"]);
  expect((await quiet.stop()).stderr).toBe("");
});
