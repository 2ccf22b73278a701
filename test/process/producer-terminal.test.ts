import { join } from "node:path";
import { expect, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { PRODUCER } from "../support/producer-process.ts";
import { Terminal } from "../support/terminal.ts";

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
  const { terminal } = await start("--max-line", "3", "--", "printf", "a\\\\nlong\\\\n");
  const { status, output } = await terminal.ended;
  expect(status).toBe(3);
  expect(output).toMatch(/sent 1 line to unixsock .* s; not sent: 1 too long\r\n/);
});

test("--json asks for JSON on a terminal", async () => {
  const { terminal } = await start("-n", "3", "-i", "1ms", "--json");
  const { output } = await terminal.ended;
  expect(JSON.parse(output)).toMatchObject({ event: "done", sent: 3 });
});

test("--tee shows what a command writes, and then the result", async () => {
  const { aggregator, terminal } = await start("--tee", "--", "sh", "-c", "'echo out; echo err >&2'");
  const { status, output } = await terminal.ended;
  expect(status).toBe(0);
  expect(output).toMatch(/^(out\r\nerr|err\r\nout)\r\nsent 2 lines to unixsock/);
  await aggregator.stop();
  expect(aggregator.storedLines()).toHaveLength(2);
});
