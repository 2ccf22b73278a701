import { join } from "node:path";
import { expect, test } from "vitest";
import { Authority } from "../support/authority.ts";
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

test.each([false, true])("as a worker target, it speaks TLS; with acknowledgements: %s", async (ack) => {
  const output = join(temporaryDirectory(), "out.jsonl");
  const authority = new Authority("authority");
  const { cert, key } = authority.issue("aggregator");
  const tls = ["--tls-cert", cert, "--tls-key", key];
  const aggregator = RunningProgram.aggregator(["tcp=127.0.0.1:0", ...tls, "-o", output]);
  const { address } = await aggregator.event("listening");
  const options = JSON.stringify({ to: `tcp=${String(address)}`, ack, tls: { ca: authority.cert } });
  const code = `
    const logger = pino({ transport: { target: "log-aggregator/pino", options: ${options} } });
    for (let n = 0; n < 1000; n++) logger.info({ n }, "a line");`;
  const program = loggingProgram(code, "");
  expect([await program.ended, program.stderr]).toEqual([0, ""]);
  aggregator.child.kill("SIGTERM");
  await aggregator.event("closed");
  expect(numbersIn(storedLines(output))).toEqual(upTo(1000));
});

test("as a worker target, it sends nothing to an aggregator whose certificate it doesn't trust, and says so", async () => {
  const output = join(temporaryDirectory(), "out.jsonl");
  const { cert, key } = new Authority("authority").issue("aggregator");
  const tls = ["--tls-cert", cert, "--tls-key", key];
  const aggregator = RunningProgram.aggregator(["tcp=127.0.0.1:0", ...tls, "-o", output]);
  const { address } = await aggregator.event("listening");
  const options = JSON.stringify({ to: `tcp=${String(address)}`, tls: {} });
  const code = `pino({ transport: { target: "log-aggregator/pino", options: ${options} } }).info({ n: 0 }, "a line");`;
  const program = loggingProgram(code, "");
  expect(await program.ended).toBe(0);
  expect(program.stderr).toMatch(/^log-aggregator\/pino, tcp [\d.:]+: 1 line was dropped: .*certificate/);
  aggregator.child.kill("SIGTERM");
  await aggregator.event("closed");
  expect(storedLines(output)).toEqual([]);
});

test("the worker says what was lost, and an option that can't be used is an error", async () => {
  const target = (options: string): string =>
    `pino({ transport: { target: "log-aggregator/pino", options: ${options} } }).info("x");`;
  const nobody = join(temporaryDirectory(), "nobody");
  const lost = loggingProgram(target("{ to }"), `unixsock=${nobody}`);
  expect(await lost.ended).toBe(0);
  expect(lost.stderr).toContain(`log-aggregator/pino, unixsock ${nobody}: 1 line was dropped: `);
  const refused = loggingProgram(target("{ to }"), "unix");
  expect(await refused.ended).toBe(1);
  expect(refused.stderr).toContain('"unix" is not a transport');
});
