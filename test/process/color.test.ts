import { expect, test } from "vitest";
import { PRODUCER } from "../support/producer-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { Terminal } from "../support/terminal.ts";

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
