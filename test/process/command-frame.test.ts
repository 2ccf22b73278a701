import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ProducerProcess } from "../support/producer-process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const UNREACHABLE = ["unixsock=/nowhere/log.sock", "--wait", "0"];

function node(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
}

test("diagnostics are JSON lines on stderr, with level, time, name and code", () => {
  const { stderr, stdout } = node("dist/bin/producer.js", ...UNREACHABLE);
  expect(stdout).toBe("");
  const line = JSON.parse(stderr);
  expect(line).toMatchObject({ level: "error", name: "producer", code: "LISTENER_UNREACHABLE" });
  expect(line.time).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("--log-level leaves out what is below it", async () => {
  const { status, stderr } = node("dist/bin/producer.js", ...UNREACHABLE, "--log-level", "fatal");
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
  const producer = new ProducerProcess(["unixsock=/nowhere/log.sock", "--wait", "1m"]);
  expect(JSON.parse(await producer.diagnostic("waiting for an aggregator")).level).toBe("info");
});

test("on a terminal diagnostics are for reading", () => {
  const command = `"${process.execPath}" dist/bin/producer.js ${UNREACHABLE.join(" ")}`;
  const { stdout, status } = spawnSync("script", ["-qec", command, "/dev/null"], { cwd: ROOT, encoding: "utf8" });
  expect(status).toBe(1);
  expect(stdout).toContain("ERROR");
  expect(stdout).toContain("unixsock /nowhere/log.sock: nothing is there; start the aggregator first");
  expect(stdout).not.toContain('"msg"');
});

/** A command a terminal obeys in each form: C0, C1, DEL and a change of direction. */
const HOSTILE = "/nowhere/\u001b[2J\u009b2J\u007f\u202e/log.sock";
const HOSTILE_SHOWN = String.raw`/nowhere/\u001b[2J\u009b2J\u007f\u202e/log.sock`;
/** pino-pretty's, and the terminal's. */
const COLOURS_AND_LINE_ENDS = ["\u001b[31m", "\u001b[36m", "\u001b[39m", "\r\n"];

test.each([
  ["a path that a message quotes", ["unixsock=$HOSTILE", "--wait", "0"]],
  ["an argument that is refused", ["tcp=$HOSTILE"]],
  ["an option that there is not", ["--$HOSTILE"]],
])("what comes from elsewhere can't act on the terminal: %s", (_what, args) => {
  const command = `"${process.execPath}" dist/bin/producer.js ${args.map((arg) => `"${arg}"`).join(" ")}`;
  const env = { ...process.env, HOSTILE, SHELL: "/bin/sh" };
  const { stdout } = spawnSync("script", ["-qec", command, "/dev/null"], { cwd: ROOT, encoding: "utf8", env });
  expect(stdout).toContain(HOSTILE_SHOWN);
  const shown = COLOURS_AND_LINE_ENDS.reduce((text, part) => text.replaceAll(part, ""), stdout);
  expect(shown).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  const { stderr } = spawnSync("/bin/sh", ["-c", command], { cwd: ROOT, encoding: "utf8", env });
  expect(stderr).toMatch(/^[ -~\n]+$/);
});

test("npm run dev's script runs a command from source, with its arguments and status", () => {
  const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
  expect(node("scripts/dev.mjs", "producer", "--version")).toMatchObject({ status: 0, stdout: `${version}\n` });
  expect(node("scripts/dev.mjs", "producer", "unixsok").status).toBe(2);
  expect(node("scripts/dev.mjs", "nobody").stderr).toMatch(/usage: npm run dev -- <.*producer.*> \[arguments\]/);
});

test("built commands can be run by themselves", () => {
  expect(spawnSync(`${ROOT}dist/bin/producer.js`, ["--version"]).status).toBe(0);
});
