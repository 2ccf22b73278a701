import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { OperationalError } from "../../../src/core/errors.ts";
import { rejectionOf } from "../../support/failure.ts";
import { logFile } from "../../support/log-files.ts";
import { firstly, forward, lineOf, lines, planFor, refusing } from "../../support/otlp-forwarding.ts";
import { OtlpServer, type Reply, uidOf } from "../../support/otlp-server.ts";

/** Without those that were there before. */
function unique(server: OtlpServer): string[] {
  return [...new Set(server.records.map(uidOf))];
}

test("a file arrives in order, each line as a record", async () => {
  const server = await OtlpServer.start();
  const { tally, backlogBytes } = await forward(logFile(lines(30)), server);
  expect(server.content).toBe(lines(30));
  expect([tally, backlogBytes]).toEqual([
    { blocks: 8, lines: 30, bytes: lines(30).length, found: 0, rejected: 0, unnamed: 0 },
    0,
  ]);
});

test.each<[string, Reply]>([
  ["408", { status: 408 }],
  ["429", { status: 429 }],
  ["503", { status: 503, body: { message: "overloaded" } }],
  ["a reset before the answer", "reset"],
])("after %s the block is sent again, once", async (_, reply) => {
  const server = await OtlpServer.start();
  server.reply = firstly({ status: 200 }, reply, reply);
  const { report } = await forward(logFile(lines(12)), server);
  expect(server.content).toBe(lines(12));
  expect(report.waiting.length).toBe(1);
});

test.each<[string, Reply, number]>([
  ["a reset in the middle of the answer", "resetAfterwards", 10_000],
  ["no answer at all", "silent", 100],
])("after %s one block is there twice, and its records say so", async (_, reply, timeoutMs) => {
  const server = await OtlpServer.start();
  server.reply = firstly({ status: 200 }, reply);
  const { tally } = await forward(logFile(lines(12)), server, { timeoutMs });
  expect(tally.lines).toBe(12);
  expect(server.content).toBe(lines(8) + lines(12).slice(lines(4).length));
  expect(unique(server).length).toBe(12);
});

test("Retry-After is waited for", async () => {
  const server = await OtlpServer.start();
  let refusedMs = Number.NaN;
  server.reply = () => {
    if (Number.isNaN(refusedMs)) {
      refusedMs = performance.now();
      return { status: 429, headers: { "retry-after": "1" } };
    }
    return { status: 200 };
  };
  await forward(logFile(lines(1)), server);
  expect(server.content).toBe(lines(1));
  expect(performance.now() - refusedMs).toBeGreaterThanOrEqual(1000);
});

test("single lines that the server refuses are rejected with its words, and the rest arrives", async () => {
  const server = await OtlpServer.start();
  server.reply = refusing(5, 9, 10);
  const path = logFile(lines(12));
  const { tally, report } = await forward(path, server);
  const without = [0, 1, 2, 3, 4, 6, 7, 8, 11].map(lineOf).join("");
  expect(server.content).toBe(without);
  expect(tally).toMatchObject({ lines: 9, bytes: without.length, rejected: 3, unnamed: 0 });
  const length = lineOf(0).length;
  const message = expect.stringContaining("400, bad line");
  const refusals = [5, 9, 10].map((n) => ({ reason: "refused", offset: n * length, length, lines: 1, message }));
  expect(report.rejected).toEqual(refusals);
  const written = readFileSync(`${path}.rejected.jsonl`, "utf8").trimEnd().split("\n");
  const starts = [5, 9, 10].map((n) => expect.objectContaining({ start: lineOf(n), reason: "refused" }));
  expect(written.map((line) => JSON.parse(line))).toEqual(starts);
});

test("a server that refuses everything is left, and no line is rejected", async () => {
  const server = await OtlpServer.start();
  server.reply = () => ({ status: 400 });
  server.emptyStatus = 400;
  const path = logFile("1\n".repeat(20));
  const error = await rejectionOf(forward(path, server));
  expect(error).toBeInstanceOf(OperationalError);
  expect(String(error)).toContain("refuses each line of a block");
  expect(() => readFileSync(`${path}.rejected.jsonl`)).toThrow("ENOENT");
});

test("records that are rejected without names are counted, and their block is named", async () => {
  const server = await OtlpServer.start();
  const partialSuccess = { rejectedLogRecords: "3", errorMessage: "too old" };
  server.reply = firstly({ status: 200 }, { status: 200, body: { partialSuccess } });
  const { tally, report } = await forward(logFile(lines(12)), server);
  expect(server.requests.length).toBe(3);
  expect(tally).toMatchObject({ lines: 9, rejected: 0, unnamed: 3 });
  const length = lines(4).length;
  expect(report.rejected).toEqual([{ reason: "unnamed", offset: length, length, lines: 3, message: "too old" }]);
});

test("a warning of the server is shown once", async () => {
  const server = await OtlpServer.start();
  server.reply = () => ({ status: 200, body: { partialSuccess: { errorMessage: "soon deprecated" } } });
  const { tally, report } = await forward(logFile(lines(12)), server);
  expect([tally.lines, report.warned]).toEqual([12, ["soon deprecated"]]);
});

test.each<[string, Reply, string]>([
  ["401", { status: 401 }, "check --headers-file"],
  ["500", { status: 500 }, "OTLP allows no second attempt"],
  ["a redirect", { status: 307, headers: { location: "http://127.0.0.1:1/" } }, "redirects to http://127.0.0.1:1/"],
])("%s ends it, and nothing is rejected", async (_, reply, message) => {
  const server = await OtlpServer.start();
  server.reply = firstly({ status: 200 }, reply);
  expect(String(await rejectionOf(forward(logFile(lines(12)), server)))).toContain(message);
  expect(server.content).toBe(lines(4));
});

test("a line whose record is above the recommended limit of a request is not sent", async () => {
  const server = await OtlpServer.start();
  const engine = planFor(server).connect();
  await engine.open();
  // Each byte is six in JSON.
  const bytes = Buffer.concat([Buffer.from("a\n"), Buffer.alloc(4 * 1024 * 1024, 1), Buffer.from("\nb\n")]);
  const { refusals } = await engine.send({ file: "f", offset: 10, bytes, lines: 3, crc: 0, generation: 0 });
  expect(refusals).toMatchObject([{ reason: "tooLong", offset: 12, length: 4 * 1024 * 1024 + 1, lines: 1 }]);
  expect(server.content).toBe("a\nb\n");
  await engine.close();
});
