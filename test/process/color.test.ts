import { expect, test } from "vitest";
import { AGGREGATOR } from "../support/aggregator-process.ts";
import { PRODUCER } from "../support/producer-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { Terminal } from "../support/terminal.ts";

const CTRL_C = "\x03";

test.each<[isColored: boolean, environment: NodeJS.ProcessEnv, args: readonly string[]]>([
  [true, {}, []],
  [true, { NO_COLOR: "" }, []],
  [false, { NO_COLOR: "1" }, []],
  [false, { TERM: "dumb" }, []],
  [false, { TERM: undefined }, []],
  [false, {}, ["--color", "never"]],
  [true, { NO_COLOR: "1", TERM: "dumb" }, ["--color", "always"]],
])("diagnostics on a terminal have color: %s, with %j and %j", async (isColored, env, args) => {
  const command = [process.execPath, PRODUCER, "unixsock=/nowhere/x.sock", "--wait", "0", ...args];
  const { status, output } = await new Terminal(command, 80, { cwd: temporaryDirectory(), env }).ended;
  expect(status).toBe(1);
  expect(output).toContain("nothing is there; start the aggregator first");
  expect(output.includes("\u001b[3")).toBe(isColored);
});

test("a dumb terminal gets no escape sequence, and no live line", async () => {
  const command = [process.execPath, AGGREGATOR, "unixsock=x.sock", "--stats-interval", "100ms"];
  const terminal = new Terminal(command, 80, { cwd: temporaryDirectory(), env: { TERM: "dumb" } });
  await terminal.shows(/(received +stored.*){5}/s);
  terminal.type(CTRL_C);
  const { status, output } = await terminal.ended;
  expect(status).toBe(0);
  expect(output).not.toContain("\u001b");
  expect(output).not.toContain("lines/s");
});
