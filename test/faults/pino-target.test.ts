import { join } from "node:path";
import { expect, test } from "vitest";
import { loggingProgram, numbersIn, storedLines, upTo } from "../support/logging-program.ts";
import { RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test.each([
  ["that just ends", ""],
  ["that ends by process.exit()", 'transport.on("ready", () => { log(1000); process.exit(); });'],
  ["that crashes", 'transport.on("ready", () => { log(1000); throw new Error("a bug"); });'],
])("as a worker target, it sends the lines of a program %s", async (_, end) => {
  const directory = temporaryDirectory();
  const output = join(directory, "out.jsonl");
  const endpoint = `unixsock=${join(directory, "s")}`;
  const aggregator = RunningProgram.aggregator([endpoint, "-o", output]);
  await aggregator.event("listening");
  const code = `
    const transport = pino.transport({ target: "log-aggregator/pino", options: { to, ack: true } });
    const logger = pino({}, transport);
    let n = 0;
    const log = (count) => { for (const end = n + count; n < end; n++) logger.info({ n }, "a line"); };
    log(1000);
    ${end}`;
  await loggingProgram(code, endpoint).ended;
  aggregator.child.kill("SIGTERM");
  await aggregator.event("closed");
  expect(numbersIn(storedLines(output))).toEqual(upTo(end === "" ? 1000 : 2000));
});

test("the worker says what was lost, and an option that can't be used is an error", async () => {
  const target = (options: string): string =>
    `pino({ transport: { target: "log-aggregator/pino", options: ${options} } }).info("x");`;
  const nobody = join(temporaryDirectory(), "nobody");
  const lost = loggingProgram(target("{ to }"), `unixsock=${nobody}`);
  expect(await lost.ended).toBe(0);
  expect(lost.stderr).toContain(`log-aggregator/pino, unixsock ${nobody}: 1 lines were dropped: `);
  const refused = loggingProgram(target("{ to }"), "unix");
  expect(await refused.ended).toBe(1);
  expect(refused.stderr).toContain('"unix" is not a transport');
});
