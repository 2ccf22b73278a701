import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { isPathEndpoint } from "../../src/core/endpoint.ts";
import type { TransportName } from "../../src/core/transport-name.ts";
import { AggregatorProcess, accountOf } from "../support/aggregator-process.ts";
import { warnings } from "../support/diagnostics.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { withoutOrigin } from "../support/wrapped.ts";

const FORGED = '{"level":"ERROR","message":"forged"}\n';
const REQUEST = `POST /log?a=b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: ${FORGED.length}\r\n\r\n${FORGED}`;

async function connected(aggregator: AggregatorProcess, transport: TransportName = "tcp"): Promise<Socket> {
  const endpoint = aggregator.endpoint(transport);
  const socket = isPathEndpoint(endpoint) ? connect(endpoint.path) : connect(endpoint.port, endpoint.host);
  socket.on("error", () => {}).resume();
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Sends the bytes in chunks of that size, each by itself, and resolves when the aggregator has closed the connection. */
async function sendInChunks(aggregator: AggregatorProcess, text: string, chunkBytes: number): Promise<void> {
  const socket = await connected(aggregator);
  socket.setNoDelay(true);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  for (let at = 0; at < text.length && !socket.destroyed; at += chunkBytes) {
    const chunk = Buffer.from(text.slice(at, at + chunkBytes), "latin1");
    await Promise.race([closed, new Promise((resolve) => socket.write(chunk, resolve))]);
  }
  await closed;
}

describe("an HTTP request to the tcp port", () => {
  test("has its connection closed; nothing of it is stored, and only the first one is named", async () => {
    const aggregator = await AggregatorProcess.start(["tcp=:0"]);
    const { port } = { port: 0, ...aggregator.endpoint("tcp") };
    for (const method of ["POST", "PUT", "POST"]) {
      const body = FORGED.repeat(1000);
      await expect(fetch(`http://127.0.0.1:${port}/`, { method, body })).rejects.toThrow();
    }
    const honest = await connected(aggregator);
    honest.end("{}\n");
    await once(honest, "close");
    const { ledger, status, stderr } = await aggregator.stop();
    expect(aggregator.stored()).toBe("{}\n");
    expect(ledger).toMatchObject({ received: 1, stored: 1 });
    expect(accountOf(ledger, "tcp")).toMatchObject({ accepted: 4, httpRequests: 3 });
    expect(status).toBe(0);
    expect(warnings(stderr)).toEqual([expect.stringMatching(/^tcp 127\.0\.0\.1:\d+ got an HTTP request and closed/)]);
  });

  test.each([1, 7, REQUEST.length])("is known in chunks of %i bytes", async (chunkBytes) => {
    const aggregator = await AggregatorProcess.start(["tcp=:0"]);
    await sendInChunks(aggregator, REQUEST, chunkBytes);
    const { ledger, status } = await aggregator.stop();
    expect(aggregator.stored()).toBe("");
    expect(ledger).toMatchObject({ received: 0, stored: 0 });
    expect(accountOf(ledger, "tcp").httpRequests).toBe(1);
    expect(status).toBe(0);
  });

  test("stores no body behind a target longer than the longest line", async () => {
    const aggregator = await AggregatorProcess.start(["tcp=:0", "--max-line", "1000"]);
    await sendInChunks(aggregator, REQUEST.replace("/log", `/${"x".repeat(300_000)}`), 100_000);
    const { ledger } = await aggregator.stop();
    expect(aggregator.stored()).toBe("");
    expect(accountOf(ledger, "tcp")).toMatchObject({ stored: 0, httpRequests: 1 });
  });

  test("is a line like any other when it isn't the first one, and on unixsock", async () => {
    const aggregator = await AggregatorProcess.start(["tcp=:0", `unixsock=${temporaryDirectory()}/s`]);
    const tcp = await connected(aggregator);
    tcp.end(`{}\n${REQUEST}`);
    const unixsock = await connected(aggregator, "unixsock");
    unixsock.end(REQUEST);
    await Promise.all([once(tcp, "close"), once(unixsock, "close")]);
    const { ledger } = await aggregator.stop();
    const kept = aggregator.storedLines().map(withoutOrigin);
    expect(kept.filter((line) => line === FORGED.trimEnd())).toHaveLength(2);
    expect(kept.filter((line) => line === '{"_raw":"POST /log?a=b HTTP/1.1"}')).toHaveLength(2);
    expect(ledger).toMatchObject({ received: 13, stored: 11, notStored: { blank: 2 } });
    for (const { httpRequests } of ledger.transports) expect(httpRequests).toBe(0);
  });
});

test("a first line that merely resembles a request is stored", async () => {
  const aggregator = await AggregatorProcess.start(["tcp=:0", "--check", "none"]);
  const lines = [
    "GET / HTTP/1.1\n",
    "GET /a b HTTP/1.1\n",
    "POST / HTTP/2.0\n",
    '127.0.0.1 - - "GET / HTTP/1.1" 200\n',
    "text\n",
  ];
  for (const line of lines) {
    const socket = await connected(aggregator);
    for (const character of line) await new Promise((resolve) => socket.write(character, resolve));
    socket.end("GET / HTTP/1.1"); // without its end, and a second line anyway
    await once(socket, "close");
  }
  const { ledger, status } = await aggregator.stop();
  expect(aggregator.stored()).toBe(lines.map((line) => `${line}GET / HTTP/1.1\n`).join(""));
  expect(accountOf(ledger, "tcp")).toMatchObject({ stored: 10, unterminated: 5, httpRequests: 0 });
  expect(status).toBe(0);
});
