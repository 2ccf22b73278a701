import { join } from "node:path";
import { expect, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { PRODUCER } from "../support/producer-process.ts";
import { Terminal } from "../support/terminal.ts";

/** To the end of the screen. */
const ERASE = "\u001b[J";

async function start(
  ...args: string[]
): Promise<{ aggregator: AggregatorProcess; terminal: Terminal; address: string }> {
  const aggregator = await AggregatorProcess.start(["unixsock=./x.sock"]);
  const address = join(aggregator.cwd, "x.sock");
  const terminal = new Terminal([process.execPath, PRODUCER, `unixsock=${address}`, ...args], 80, {
    cwd: aggregator.cwd,
  });
  return { aggregator, terminal, address };
}

test("the result is a sentence", async () => {
  const { terminal, address } = await start("-n", "3", "-i", "1ms");
  const { status, output } = await terminal.ended;
  expect(status).toBe(0);
  expect(output).toContain(`sent 3 lines to unixsock ${address} in 0.`);
  expect(output).not.toContain('{"');
});

test("lines that were not sent are in the sentence with the reason", async () => {
  const { terminal } = await start("--max-line", "3", "--", "printf", "a\\nlong\\n");
  const { status, output } = await terminal.ended;
  expect(status).toBe(3);
  expect(output).toMatch(/sent 1 line to unixsock .* s; not sent: 1 too long\r\n/);
});

test("while it generates lines, the progress is shown and replaced: a bar, the rate, and the time left", async () => {
  const { terminal } = await start("-n", "6", "-i", "100ms");
  await terminal.shows(/[█░]{20} {3}\d+% {3}[2-5] of 6 lines {3}[\d.]+ lines\/s {3}\d+s left/);
  const { status, output } = await terminal.ended;
  expect(status).toBe(0);
  // The result replaces it.
  expect(output.slice(output.lastIndexOf(ERASE) + ERASE.length)).toMatch(/^sent 6 lines to unixsock .*\r\n$/);
});

test("--no-status: only the result is shown", async () => {
  const { terminal } = await start("-n", "6", "-i", "100ms", "--no-status");
  const { output } = await terminal.ended;
  expect(output).toMatch(/^sent 6 lines to unixsock .*\r\n$/);
});

test("lines that are typed are not disturbed by the progress", async () => {
  const { terminal } = await start("--stdin");
  terminal.type("one\r");
  await terminal.shows(/one\r\n/);
  terminal.type("two\r\u0004");
  const { status, output } = await terminal.ended;
  expect(status).toBe(0);
  // The terminal shows Ctrl-D for a moment.
  expect(output.replaceAll("^D\b\b", "")).toMatch(/^one\r\ntwo\r\nsent 2 lines to unixsock .*\r\n$/);
});

test("an error is a sentence, and JSON with --json", async () => {
  const { address } = await start("-n", "1");
  const ended = async (...args: string[]): Promise<string> => {
    const terminal = new Terminal(
      [process.execPath, PRODUCER, `unixsock=${address}-none`, "--wait", "0", ...args],
      300,
      {
        cwd: "/",
      },
    );
    return (await terminal.ended).output;
  };
  expect(await ended()).toMatch(/ERROR.*unixsock .*-none: nothing is there; start the aggregator first/);
  expect(JSON.parse(await ended("--json"))).toMatchObject({ level: "error", code: "LISTENER_UNREACHABLE" });
});

test("--json asks for JSON on a terminal", async () => {
  const { terminal } = await start("-n", "3", "-i", "1ms", "--json");
  const { output } = await terminal.ended;
  expect(JSON.parse(output)).toMatchObject({ event: "done", sent: 3 });
});

test("--tee shows what a command writes, and then the result", async () => {
  const { aggregator, terminal } = await start("--tee", "--", "sh", "-c", "echo out; echo err >&2");
  const { status, output } = await terminal.ended;
  expect(status).toBe(0);
  expect(output).toMatch(/^(out\r\nerr|err\r\nout)\r\nsent 2 lines to unixsock/);
  await aggregator.stop();
  expect(aggregator.storedLines()).toHaveLength(2);
});
