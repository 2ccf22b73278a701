import { appendFileSync, chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { certificate, WITHOUT_OPENSSL } from "../support/certificate.ts";
import { runForwarder, startForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { OtlpServer, uidOf } from "../support/otlp-server.ts";
import type { RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const BLOCK_BYTES = 1024;
const WINDOW_BLOCKS = 4;

function line(n: number): string {
  return `{"n":${n},"text":"${"x".repeat((n * 7919) % 100)}"}\n`;
}

function lines(from: number, count: number): string {
  return Array.from({ length: count }, (_, i) => line(from + i)).join("");
}

test("kill -9 of the forwarder loses no line, and doubles one block at most, which record ids show", async () => {
  const server = await OtlpServer.start();
  const path = logFile("");
  const args = [path, "--to", `otlp+${server.url}`, "--linger", "5ms", "--block", `${BLOCK_BYTES}`];
  let forwarder: RunningProgram | undefined;
  let content = "";
  const kills = 20;
  for (let round = 0; round < kills; round++) {
    // At every third request, and then before or after the records are stored.
    const killedAt = server.requests.length + 1 + (round % 3);
    server.reply = () => {
      if (server.requests.length < killedAt) return { status: 200 };
      forwarder?.child.kill("SIGKILL");
      return round % 2 === 0 ? "silent" : "reset";
    };
    const more = lines(round * 100, 100);
    appendFileSync(path, more);
    content += more;
    forwarder = startForwarder([...args, "--window", `${WINDOW_BLOCKS}`]);
    await forwarder.ended;
  }
  server.reply = () => ({ status: 200 });
  expect(await runForwarder([...args, "--once"])).toMatchObject({ status: 0, done: { backlogBytes: 0 } });
  const seen = new Map(server.records.map((record) => [uidOf(record), record]));
  const received = server.content.length;
  server.records.splice(0, Number.POSITIVE_INFINITY, ...seen.values());
  expect(server.content).toBe(content);
  const doubled = received - content.length;
  expect(doubled).toBeGreaterThan(0);
  // One request at a time is unanswered, of every second kill with its records stored.
  expect(doubled).toBeLessThanOrEqual((kills / 2) * BLOCK_BYTES);
});

test("headers come from a file that others can't read", async () => {
  const server = await OtlpServer.start();
  const secret = join(temporaryDirectory(), "headers");
  const run = (content: string, mode = 0o600): ReturnType<typeof runForwarder> => {
    writeFileSync(secret, content);
    chmodSync(secret, mode);
    return runForwarder([logFile(lines(0, 3)), "--to", `otlp+${server.url}`, "--once", "--headers-file", secret]);
  };
  const good = "Authorization: Bearer s3cret\n\nX-Scope-OrgID:tenant-1\n";
  expect(await run(good)).toMatchObject({ status: 0, done: { lines: 3 } });
  expect(server.requests[0]).toMatchObject({
    url: "/v1/logs",
    headers: { authorization: "Bearer s3cret", "x-scope-orgid": "tenant-1", "user-agent": "log-aggregator" },
  });
  const open = await run(good, 0o640);
  expect(open).toMatchObject({ status: 1 });
  expect(open.stderr).toContain("chmod 0600");
  for (const wrong of ["Content-Length: 5", "s3cret", "Bad Name: s3cret", ": s3cret"]) {
    const refused = await run(`${wrong}\n`);
    expect([refused.status, refused.stderr.includes("line 1 of")], wrong).toEqual([1, true]);
    expect(refused.stderr).not.toContain("s3cret");
  }
  server.reply = () => ({ status: 401, body: { message: "who are you?" } });
  const unknown = await run(good);
  expect(unknown.status).toBe(5);
  expect(unknown.stderr).toContain("401, who are you?; check --headers-file");
});

test("headers come from the environment", async () => {
  const server = await OtlpServer.start();
  const variables = { LOG_FORWARDER_OTLP_HEADERS: "Authorization=Bearer%20s3cret,X-Scope-OrgID=tenant-1" };
  const args = [logFile(lines(0, 3)), "--to", `otlp+${server.url}`, "--once"];
  expect(await runForwarder(args, variables)).toMatchObject({ status: 0, done: { lines: 3 } });
  const headers = { authorization: "Bearer s3cret", "x-scope-orgid": "tenant-1" };
  expect(server.requests[0]).toMatchObject({ headers });
  server.reply = () => ({ status: 401 });
  const unknown = await runForwarder(args.with(0, logFile(lines(0, 3))), variables);
  expect(unknown.status).toBe(5);
  expect(unknown.stderr).toContain("LOG_FORWARDER_OTLP_HEADERS");
  expect(unknown.stderr + JSON.stringify(unknown.events)).not.toContain("s3cret");
});

test("host and service are the resource", async () => {
  const server = await OtlpServer.start();
  const named = ["--host", "web1", "--service", "shop"];
  await runForwarder([logFile(lines(0, 1)), "--to", `otlp+${server.url}`, "--once", ...named]);
  expect(JSON.parse(server.requests[0]?.text ?? "")).toMatchObject({
    resourceLogs: [
      {
        resource: {
          attributes: [
            { key: "host.name", value: { stringValue: "web1" } },
            { key: "service.name", value: { stringValue: "shop" } },
          ],
        },
      },
    ],
  });
});

test("TLS: the authority that is named is trusted, and the client shows its certificate", async (context) => {
  if (WITHOUT_OPENSSL !== undefined) context.skip(WITHOUT_OPENSSL);
  const [own, client, other] = [certificate("server"), certificate("client"), certificate("other")];
  const read = (path: string): string => readFileSync(path, "utf8");
  const tls = { cert: read(own.cert), key: read(own.key), ca: read(client.cert), requestCert: true };
  const server = await OtlpServer.start({ ...tls, rejectUnauthorized: true });
  const to = ["--to", `otlp+https://localhost:${server.port}`, "--once"];
  const shown = ["--tls-cert", client.cert, "--tls-key", client.key];
  const path = logFile(lines(0, 10));
  const untrusted = await runForwarder([path, ...to, "--tls-ca", other.cert, ...shown]);
  expect(untrusted).toMatchObject({ status: 5 });
  expect(untrusted.stderr).toContain("the TLS certificates don't fit");
  const trusted = await runForwarder([path, ...to, "--tls-ca", own.cert, ...shown]);
  expect(trusted).toMatchObject({ status: 0, done: { lines: 10 } });
  expect(server.content).toBe(lines(0, 10));
});

test.each([
  ["a user in the address", "otlp+http://me:secret@localhost/", "must not contain a user"],
  ["an address without a host", "otlp+http://", "is not an address of OTLP"],
])("%s is refused", async (_, to, message) => {
  const refused = await runForwarder([logFile(""), "--to", to, "--once"]);
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain(message);
});
