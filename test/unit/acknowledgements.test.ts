import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Remembered } from "../../src/acks/receiving/remembered.ts";
import type { SequenceName } from "../../src/acks/sending/acked-connection.ts";
import type { Pipeline } from "../../src/aggregator/pipeline.ts";
import { ACKED_NAMES_MAX } from "../../src/core/limits.ts";
import { pipelineOf } from "../support/pipeline.ts";
import { TestConnection } from "../support/test-connection.ts";

/** Says hello on a connection of its own. @returns the connection, and the number of the line that the welcome asks for */
function greet(pipeline: Pipeline, name: SequenceName, first = 0): { connection: TestConnection; next: number } {
  const connection = new TestConnection((channel) => pipeline.stream(channel));
  connection.send(`${JSON.stringify({ hello: "log-aggregator/1", ...name, first })}\n`);
  return { connection, next: JSON.parse(connection.replies[0] ?? "").next };
}

/** One line of a sequence, and the end of its connection. */
function sendLine(pipeline: Pipeline, name: SequenceName, first = 0): void {
  const { connection } = greet(pipeline, name, first);
  connection.send("{}\n");
  connection.end();
}

test("half of the bound of later names leaves a name remembered, the bound doesn't", () => {
  const remembered = new Remembered(10);
  const put = (...names: string[]): void => {
    for (const [next, name] of names.entries()) remembered.put(name, { next, position: 0 });
  };
  put("a", "1", "2", "3", "4", "5");
  expect(remembered.remove("a")).toEqual({ next: 0, position: 0 });
  expect(remembered.remove("a")).toBeUndefined();
  expect(remembered.remove("5")).toEqual({ next: 5, position: 0 });
  put("b", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10");
  expect(remembered.remove("b")).toBeUndefined();
  expect(remembered.remove("6")).toEqual({ next: 6, position: 0 });
});

test("a sequence with a connection isn't forgotten, however many others come", () => {
  const pipeline = pipelineOf("tcp").pipeline;
  const { connection } = greet(pipeline, { producer: "connected", run: "r" });
  connection.send("{}\n{}\n");
  sendLine(pipeline, { producer: "a", run: "r" });
  for (let i = 0; i < ACKED_NAMES_MAX; i++) sendLine(pipeline, { producer: "web", run: `r${i}` });
  expect(greet(pipeline, { producer: "a", run: "r" }).next).toBe(0);
  expect(greet(pipeline, { producer: "connected", run: "r" }).next).toBe(2);
});

test("a hello without a line leaves nothing behind, and what was taken before it stays known", () => {
  const pipeline = pipelineOf("tcp").pipeline;
  sendLine(pipeline, { producer: "a", run: "r" });
  greet(pipeline, { producer: "a", run: "r" }, 1_000_000).connection.end();
  expect(greet(pipeline, { producer: "a", run: "r" }).next).toBe(1);
});

/** What limits.ts says of ACKED_NAMES_MAX. */
test.each([
  { producer: "web-1", runLetters: 8, first: 0, bytesMax: 150 },
  { producer: "x".repeat(128), runLetters: 64, first: 2 ** 40, bytesMax: 400 },
])(
  "what is remembered of $producer takes at most $bytesMax bytes of memory",
  ({ producer, runLetters, first, bytesMax }) => {
    setFlagsFromString("--expose-gc");
    const collectGarbage: () => void = runInNewContext("gc");
    const pipeline = pipelineOf("tcp").pipeline;
    const count = 20_000;
    const heapBytes = (): number => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    // What else this process allocates meanwhile comes on top, and not every time.
    const bytes = [0, 1, 2].map((batch) => {
      const before = heapBytes();
      for (let i = batch * count; i < (batch + 1) * count; i++)
        sendLine(pipeline, { producer, run: String(i).padStart(runLetters, "r") }, first);
      return (heapBytes() - before) / count;
    });
    expect(Math.min(...bytes), `bytes each: ${bytes}`).toBeLessThan(bytesMax);
    expect(greet(pipeline, { producer, run: "0".padStart(runLetters, "r") }).next).toBe(first + 1);
  },
);
