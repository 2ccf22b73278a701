import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readDoneEvents } from "../../src/lab/done-events.ts";
import { logFile } from "../support/log-files.ts";

function done(producer: string, sent: unknown, fields: Record<string, unknown> = {}): string {
  const unsent = { tooLong: 0, refused: 0, broken: 0, inDoubt: 0, unacknowledged: 0 };
  return `${JSON.stringify({ event: "done", transport: "tcp", producer, run: "r", sent, unsent, late: 0, ...fields })}\n`;
}

describe("readDoneEvents", () => {
  test("reads every producer's claim, from several files, compressed ones too, and passes over other events", async () => {
    const first = logFile(
      `${done("a", 3)}{"event":"listening"}\n${done("b", 4, { unsent: { tooLong: 1, broken: 2, inDoubt: 3 } })}`,
    );
    const second = logFile(gzipSync(done("c", 5, { run: undefined, numbered: false })), "done.gz");
    expect(await readDoneEvents([first, second])).toEqual([
      { producer: "a", run: "r", sent: 3, unsent: 0, isNumbered: true },
      { producer: "b", run: "r", sent: 4, unsent: 6, isNumbered: true },
      { producer: "c", run: "", sent: 5, unsent: 0, isNumbered: false },
    ]);
  });

  test("takes an event that is given twice once, and none of two that disagree", async () => {
    expect(await readDoneEvents([logFile(done("a", 3) + done("a", 3))])).toHaveLength(1);
    await expect(readDoneEvents([logFile(done("a", 3) + done("a", 4))])).rejects.toMatchObject({
      code: "INPUT_UNREADABLE",
      message: expect.stringContaining("second, different done event of producer a, run r"),
    });
  });

  test.each([
    ["an empty file", "", "has no done event"],
    ["events without one", '{"event":"closed"}\n', "has no done event"],
    ["a done event that says nothing", done("a", "many") + done("b", -1), "has no done event"],
    ["words", "done\n", "has a line that is not JSON"],
    ["an event that was cut short", done("a", 3) + done("b", 3).slice(0, 40), "has a line that is not JSON"],
    ["null before an event", `null\n${done("a", 3)}`, "has a line that is not JSON"],
    ["a line without an end", `${done("a", 3)}${"x".repeat(200_000)}`, "has a line that is not JSON"],
  ])("refuses %s", async (_what, content, fact) => {
    const path = logFile(content);
    await expect(readDoneEvents([path])).rejects.toMatchObject({
      code: "INPUT_UNREADABLE",
      message: `${path} ${fact}${fact.includes("no done") ? " of a producer" : ""}; pass what the producers print on stdout`,
    });
  });

  test("refuses what isn't a file", async () => {
    await expect(readDoneEvents(["/nowhere/done.jsonl"])).rejects.toMatchObject({ code: "INPUT_UNREADABLE" });
  });
});
