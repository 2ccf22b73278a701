import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { PlainLines } from "../../src/aggregator/plain-lines.ts";
import { hasPath } from "../../src/core/transport-name.ts";
import { cuts, everyCut, singleBytes } from "../support/cuts.ts";
import { pipelineOf } from "../support/pipeline.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { TestConnection } from "../support/test-connection.ts";
import { withoutOrigin } from "../support/wrapped.ts";

const HELLO = '{"hello":"log-aggregator/1","producer":"p","run":"r","first":0}\n';
const LOOKS_LIKE_HELLO = '{"hello":"log-aggregatox/1"}\n';
const REQUEST = "GET /x HTTP/1.1\r\n";

interface Heard {
  readonly stored: string;
  readonly connection: TestConnection;
  readonly requests: number;
  readonly bytes: number;
  readonly unterminated: number;
}

/** What becomes of a connection that says this, in these chunks, and ends. */
async function hear(chunks: readonly Buffer[], transport: "tcp" | "unixsock" = "tcp"): Promise<Heard> {
  const path = join(temporaryDirectory(), "out");
  const { pipeline, sink } = pipelineOf(transport, path, hasPath(transport) ? undefined : () => {});
  const connection = new TestConnection((channel) => pipeline.stream(channel));
  for (const chunk of chunks) connection.send(chunk.toString("latin1"));
  connection.end();
  await sink.close();
  const { bytes, framing, httpRequests } = pipeline.counts;
  const stored = withoutOrigin(readFileSync(path, "latin1"));
  return { stored, connection, requests: httpRequests, bytes, unterminated: framing.unterminated };
}

test("a plain line is stored however it is cut, and its channel is the plain receiver's", async () => {
  for (const line of ['{"a":1}\n', '{"hel', LOOKS_LIKE_HELLO]) {
    for (const chunks of line.length < 10 ? everyCut(Buffer.from(line)) : cuts(Buffer.from(line), 2)) {
      const heard = await hear(chunks);
      expect(heard.stored).toBe(line.endsWith("\n") ? line : '{"_raw":"{\\"hel"}\n');
      expect(heard).toMatchObject({ requests: 0, bytes: line.length, unterminated: line.endsWith("\n") ? 0 : 1 });
      if (line.endsWith("\n")) expect(heard.connection.receiver).toBeInstanceOf(PlainLines);
    }
  }
});

test("a hello is answered however it is cut, and counts as bytes, not as a line", async () => {
  for (const chunks of [...cuts(Buffer.from(HELLO), 2), singleBytes(Buffer.from(HELLO))]) {
    const { stored, connection, bytes } = await hear(chunks);
    expect(JSON.parse(connection.replies[0] ?? "")).toMatchObject({ welcome: "log-aggregator/1", next: 0 });
    expect({ stored, bytes }).toEqual({ stored: "", bytes: HELLO.length });
  }
});

test("a hello without its LF is a line, and one after other bytes too", async () => {
  const unfinished = HELLO.trimEnd();
  expect(await hear([Buffer.from(unfinished)])).toMatchObject({ stored: HELLO, bytes: unfinished.length });
  const late = await hear([Buffer.from("text"), Buffer.from(HELLO)]);
  expect(late.connection.replies).toEqual([]);
  expect(late.stored).toBe(`{"_raw":${JSON.stringify(`text${HELLO.trimEnd()}`)}}\n`);
});

test("a request is refused however it is cut, and what follows is forgotten", async () => {
  for (const chunks of [...cuts(Buffer.from(REQUEST), 2), singleBytes(Buffer.from(REQUEST))]) {
    const heard = await hear([...chunks, Buffer.from('{"forged":true}\n')]);
    expect(heard).toMatchObject({ stored: "", requests: 1, unterminated: 0 });
    expect(heard.connection.closed).toBe(true);
  }
});

test("where no HTTP client can connect a request is a line", async () => {
  const heard = await hear([Buffer.from(REQUEST)], "unixsock");
  expect(heard).toMatchObject({ stored: '{"_raw":"GET /x HTTP/1.1"}\n', requests: 0 });
  expect(heard.connection.closed).toBe(false);
});

test("after the first line a plain line passes these files of src, and no other", async () => {
  const { pipeline, sink } = pipelineOf("tcp");
  const connection = new TestConnection((channel) => pipeline.stream(channel));
  connection.send("{}\n");
  let passed: string[] = [];
  const append = sink.append.bind(sink);
  sink.append = (lines, count) => {
    passed = filesOf(new Error().stack ?? "");
    append(lines, count);
  };
  connection.send("{}\n");
  expect(passed).toEqual([
    "plain-lines.ts",
    "stream-framer.ts",
    "line-lengths.ts",
    "pipeline.ts",
    "normalizer.ts",
    "pipeline.ts",
  ]);
  await sink.close();
});

/** Files of src that a stack leads through, from the outermost on; several functions in a row of one file count once. */
function filesOf(stack: string): string[] {
  const files = [...stack.matchAll(/\/src\/([\w/-]+\.ts)/g)].map(([, path = ""]) => basename(path)).reverse();
  return files.filter((file, i) => file !== files[i - 1]);
}
