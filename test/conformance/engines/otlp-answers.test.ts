import { appendFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkpointPath } from "../../../src/checkpoint/checkpoint.ts";
import { readCheckpoint } from "../../../src/checkpoint/read-checkpoint.ts";
import { expectOperational, rejectionOf } from "../../support/failure.ts";
import { logFile } from "../../support/log-files.ts";
import { firstly, forward, lineOf, lines, refusing } from "../../support/otlp-forwarding.ts";
import { OtlpServer, type Reply, uidOf } from "../../support/otlp-server.ts";

/** How often each line has arrived at the server, whatever it answered. */
function arrivals(server: OtlpServer): number[] {
  const counts = new Map<string, number>();
  for (const uid of server.requests.flatMap(({ records }) => records.map(uidOf)))
    counts.set(uid, (counts.get(uid) ?? 0) + 1);
  return [...counts.values()];
}

test.each<[string, Reply]>([
  ["429", { status: 429 }],
  ["503", { status: 503 }],
  ["a reset", "reset"],
])("%s in the middle of halving: what was answered is not sent again", async (_, failure) => {
  const server = await OtlpServer.start();
  const refuse = refusing(5);
  // The block of lines 4 to 7 is refused, then 4 and 5, then 5 alone; then the server fails before it takes 6 and 7.
  const failures = [failure, failure, failure];
  server.reply = (request) => {
    const isRest = request.records.length === 2 && request.text.includes('"1006"');
    return (isRest ? failures.shift() : undefined) ?? refuse(request);
  };
  const { tally, report } = await forward(logFile(lines(12)), server);
  expect(failures).toEqual([]);
  const without = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11].map(lineOf).join("");
  expect(server.content).toBe(without);
  expect(tally).toMatchObject({ lines: 11, rejected: 1, unnamed: 0, blocks: 3 });
  expect(report.rejected.length).toBe(1);
  // 4 and 5: the block, their half, each alone. 6 and 7: the block, and their half until it is taken.
  expect(arrivals(server)).toEqual([1, 1, 1, 1, 3, 3, 5, 5, 1, 1, 1, 1]);
});

test.each([
  ["in this run", false],
  ["before this run", true],
])(
  "a block of which all lines are refused after an outage is rejected: others were accepted %s",
  async (_, isLater) => {
    const server = await OtlpServer.start();
    const refused = Array.from({ length: 12 }, (__, n) => 12 + n);
    const path = logFile(isLater ? lines(12) : lines(30));
    const blockBytes = 12 * lineOf(0).length;
    const refuse = refusing(...refused);
    const outage: Reply[] = [{ status: 503 }, { status: 503 }];
    server.reply = (request) => (request.text.includes('"1012"') ? outage.shift() : undefined) ?? refuse(request);
    if (isLater) {
      await forward(path, server, { blockBytes });
      appendFileSync(path, lines(30).slice(lines(12).length));
    }
    const { tally, backlogBytes } = await forward(path, server, { blockBytes });
    expect([tally.rejected, backlogBytes]).toEqual([12, 0]);
    expect(server.content).toBe(lines(12) + lines(30).slice(lines(24).length));
  },
);

test("the refusals of an answer of many kilobytes are counted", async () => {
  const server = await OtlpServer.start();
  const partialSuccess = { rejectedLogRecords: "3", errorMessage: "too old. ".repeat(50_000) };
  server.reply = firstly({ status: 200, body: { partialSuccess } });
  const { tally } = await forward(logFile(lines(12)), server);
  expect(tally).toMatchObject({ lines: 9, unnamed: 3 });
});

test("an answer that is too long to be read is no acceptance", async () => {
  const server = await OtlpServer.start();
  server.reply = firstly({ status: 200 }, { status: 200, body: { errorMessage: "x".repeat(1024 * 1024) } });
  const path = logFile(lines(12));
  const error = await rejectionOf(forward(path, server));
  expectOperational(error, "ENGINE_REFUSED");
  expect(String(error)).toContain("which lines it has accepted is unknown");
  const checkpoint = readCheckpoint(checkpointPath(path));
  expect(checkpoint).toMatchObject({ file: { offset: lines(4).length } });
});
