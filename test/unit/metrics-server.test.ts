import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { InetEndpoint } from "../../src/core/endpoint.ts";
import { MetricsServer, type Shown } from "../../src/metrics/metrics-server.ts";

const ANY: InetEndpoint = { transport: "tcp", host: "127.0.0.1", port: 0 };

async function start(shown: Partial<Shown> = {}): Promise<MetricsServer> {
  const server = await MetricsServer.start(ANY, {
    contentType: "text/plain; version=0.0.4",
    text: async () => "up 1\n",
    problem: () => undefined,
    ...shown,
  });
  onTestFinished(() => server.close());
  return server;
}

/** Connects, sends this text, and returns what is answered until the server ends the connection. */
async function ask(server: MetricsServer, request: string): Promise<string> {
  const socket = open(server);
  socket.write(request);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  await closed(socket);
  return answer;
}

/** Resolves when the connection is over, in whatever way. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.resume().once("close", () => resolve()));
}

function open(server: MetricsServer): Socket {
  const socket = connect(server.endpoint.port, server.endpoint.host);
  onTestFinished(() => void socket.destroy());
  return socket.on("error", () => {});
}

test.each([
  ["GET /metrics HTTP/1.1", "200 OK", "up 1\n"],
  ["GET /metrics?name[]=up HTTP/1.1", "200 OK", "up 1\n"],
  ["HEAD /metrics HTTP/1.1", "200 OK", ""],
  ["GET /healthz HTTP/1.1", "200 OK", "ok\n"],
  ["HEAD /healthz HTTP/1.1", "200 OK", ""],
  ["POST /metrics HTTP/1.1", "405 Method Not Allowed", "use GET or HEAD\n"],
  ["DELETE /healthz HTTP/1.1", "405 Method Not Allowed", "use GET or HEAD\n"],
  ["GET / HTTP/1.1", "404 Not Found", "there are /metrics and /healthz\n"],
  ["GET /metrics/ HTTP/1.1", "404 Not Found", "there are /metrics and /healthz\n"],
  ["nonsense", "400 Bad Request", ""],
])("%s is answered by %s, and the connection ends", async (request, status, body) => {
  const answer = await ask(await start(), `${request}\r\nHost: x\r\n\r\n`);
  expect(answer.split("\r\n")[0]).toBe(`HTTP/1.1 ${status}`);
  expect(answer.slice(answer.indexOf("\r\n\r\n") + 4)).toBe(body);
});

test("HEAD has the headers of GET", async () => {
  const server = await start();
  const [get, head] = await Promise.all(
    ["GET", "HEAD"].map((method) => ask(server, `${method} /metrics HTTP/1.1\r\nHost: x\r\n\r\n`)),
  );
  const headersOf = (answer = ""): string[] => answer.split("\r\n\r\n")[0]?.split("\r\n").slice(1) ?? [];
  expect(headersOf(head).filter((line) => !line.startsWith("Date"))).toEqual(
    headersOf(get).filter((line) => !line.startsWith("Date")),
  );
  expect(headersOf(head)).toContain("Content-Length: 5");
});

test("a problem is 503 with the reason on one line", async () => {
  const server = await start({ problem: () => "the output refuses lines (ENOSPC)" });
  const response = await fetch(`http://127.0.0.1:${server.endpoint.port}/healthz`);
  expect([response.status, await response.text()]).toEqual([503, "the output refuses lines (ENOSPC)\n"]);
});

test("a mistake in a metric is an answer, and no crash", async () => {
  const server = await start({ text: () => Promise.reject(new Error("a mistake")) });
  const response = await fetch(`http://127.0.0.1:${server.endpoint.port}/metrics`);
  expect([response.status, await response.text()]).toEqual([500, "the metrics can't be collected: Error: a mistake\n"]);
});

test("a flood of requests is answered from one text", async () => {
  let collected = 0;
  const server = await start({ text: async () => `n ${++collected}\n` });
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => ask(server, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")),
  );
  expect(collected).toBe(1);
  expect(answers.every((answer) => answer.endsWith("n 1\n"))).toBe(true);
});

test("more than 8 connections are closed unread", async () => {
  const server = await start();
  const kept = Array.from({ length: 8 }, () => open(server));
  await Promise.all(kept.map((socket) => once(socket, "connect")));
  expect(await ask(server, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).toBe("");
  kept[0]?.destroy();
  const answered = async (): Promise<boolean> =>
    (await ask(server, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")).endsWith("ok\n");
  while (!(await answered())); // as soon as the server has noticed
});

test("headers of more than 8 KiB are refused", async () => {
  const answer = await ask(await start(), `GET /metrics HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(9000)}\r\n\r\n`);
  expect(answer.split("\r\n")[0]).toBe("HTTP/1.1 431 Request Header Fields Too Large");
});

test("a body that never ends isn't waited for", async () => {
  const answer = await ask(await start(), "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nx");
  expect(answer.split("\r\n")[0]).toBe("HTTP/1.1 200 OK");
});

test("close() doesn't wait for those who are connected", async () => {
  const server = await start();
  const idle = open(server);
  const begun = open(server);
  await Promise.all([once(idle, "connect"), once(begun, "connect")]);
  begun.write("GET /metrics HTTP/1.1\r\n");
  const ended = Promise.all([closed(idle), closed(begun)]);
  await server.close();
  await ended;
});

test("a port in use names who has it", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => void other.close());
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const shown = { contentType: "text/plain", text: async () => "", problem: () => undefined };
  await expect(MetricsServer.start({ ...ANY, port }, shown)).rejects.toMatchObject({
    code: "ADDRESS_IN_USE",
    message: `metrics 127.0.0.1:${port} is served by pid ${process.pid}; stop it or pass another address`,
  });
  await expect(MetricsServer.start({ ...ANY, host: "192.0.2.1" }, shown)).rejects.toMatchObject({
    code: "ADDRESS_UNAVAILABLE",
  });
});
