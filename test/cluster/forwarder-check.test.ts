import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { checkpointPath } from "../../src/checkpoint/checkpoint.ts";
import { type EndedForwarder, runForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { NatsServer, WITHOUT_NATS } from "../support/nats-server.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

beforeEach((context) => {
  if (WITHOUT_NATS !== undefined) context.skip(WITHOUT_NATS);
});

const LINES = '{"n":1}\n{"n":2}\n';

function check(server: NatsServer, path: string, ...more: string[]): Promise<EndedForwarder> {
  return runForwarder(["check", path, "--to", server.url, "--stream", "LOGS", "--host", "h", ...more]);
}

/** What isn't ok: `fail subject: the stream doesn't take …` */
function problems({ events }: EndedForwarder): string[] {
  return events.flatMap(({ event, level, subject, fact, remedy }) => {
    if (event !== "finding" || level === "ok") return [];
    expect(remedy).not.toBe("");
    return [`${level} ${subject}: ${fact}`];
  });
}

test("a file that can be forwarded: all is ok, and nothing is stored", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const path = logFile(LINES);
  const unsure = await check(server, path);
  expect(problems(unsure)).toEqual(["warn publishing: whether this user may publish to logs.h is not known"]);
  const sure = await check(server, path, "--publish");
  expect(problems(sure)).toEqual([]);
  expect([unsure.status, sure.status]).toEqual([0, 0]);
  expect(sure.events.at(-1)).toMatchObject({ event: "checked", warn: 0, fail: 0 });
  expect(await server.messages("LOGS")).toEqual([]);
  expect(await runForwarder([path, "--to", server.url, "--stream", "LOGS", "--once"])).toMatchObject({ status: 0 });
  expect(problems(await check(server, path, "--publish", "--host", "other"))).toEqual([
    expect.stringMatching(/^fail checkpoint: it is about nats stream LOGS subject logs\./),
  ]);
});

test.each<[string, Record<string, unknown>, string[]]>([
  ["takes other subjects", { subjects: ["other.*"] }, ["fail subject: the stream doesn't take logs.h, only other.*"]],
  ["is a work queue", { retention: "workqueue" }, ["fail retention: the end of a work queue can't be read"]],
  ["keeps what is waited for", { retention: "interest" }, ["warn retention: messages that no consumer waits for"]],
  ["is in memory", { storage: "memory" }, ["warn storage: the stream is in memory"]],
  ["doesn't acknowledge", { no_ack: true }, ["fail acceptance: the stream doesn't acknowledge"]],
  ["forgets ids", { duplicate_window: 1e9 }, ["warn duplicates: ids are forgotten after 1 s"]],
  ["keeps one message", { max_msgs_per_subject: 1 }, ["warn discard: only the last 1 messages of a subject"]],
  ["takes short messages", { max_msg_size: 2000 }, ["warn size: blocks are at most 976 bytes"]],
  ["takes tiny messages", { max_msg_size: 1000 }, ["fail size: a message is too small"]],
])("a stream that %s", async (_, config, expected) => {
  const server = await NatsServer.start();
  await server.createStream("LOGS", config);
  const ended = await check(server, logFile(LINES));
  for (const problem of expected) expect(problems(ended)).toContainEqual(expect.stringContaining(problem));
  expect(ended.status).toBe(expected.some((problem) => problem.startsWith("fail")) ? 1 : 0);
});

test("a stream that is missing, and one that will be created", async () => {
  const server = await NatsServer.start();
  const path = logFile(LINES);
  const missing = await check(server, path);
  expect(problems(missing)).toEqual(["fail stream: LOGS: there is no such stream"]);
  expect(missing.status).toBe(1);
  expect(await check(server, path, "--create-stream")).toMatchObject({ status: 0 });
});

test("a mirror takes no subjects: forwarding to it is refused, and not tried for ever", async () => {
  const server = await NatsServer.start();
  await server.createStream("ORIGIN");
  await server.ask((manager) => manager.streams.add({ name: "LOGS", mirror: { name: "ORIGIN" } }));
  const path = logFile(LINES);
  expect(problems(await check(server, path))).toContain(
    "fail subject: the stream doesn't take logs.h, only what it mirrors",
  );
  const ended = await runForwarder([path, "--to", server.url, "--stream", "LOGS", "--once"]);
  expect(ended).toMatchObject({ status: 5, stderr: expect.stringContaining("only what it mirrors") });
}, 20_000);

test("a server of several that is down is named, and one that is alone fails", async () => {
  const [server, other] = [await NatsServer.start(), await NatsServer.start()];
  await server.createStream("LOGS");
  const down = `127.0.0.1:${other.port}`;
  await other.kill();
  const path = logFile(LINES);
  const args = ["--stream", "LOGS", "--host", "h", "--publish"];
  const some = await runForwarder(["check", path, "--to", `${server.url},${down}`, ...args]);
  expect(problems(some)).toEqual([expect.stringContaining(`warn connection: ${down}: `)]);
  expect(some.status).toBe(0);
  const none = await runForwarder(["check", path, "--to", `nats://${down}`, ...args]);
  expect(problems(none)).toEqual([expect.stringContaining(`fail connection: ${down}: `)]);
  expect(none.status).toBe(1);
});

test.each([
  ["publish", "logs.>", "fail publishing: logs.h: this user may not do that"],
  ["ask for the stream", "$JS.API.STREAM.INFO.>", "fail stream: LOGS: this user may not do that"],
  ["read its last message", "$JS.API.STREAM.MSG.GET.>", "fail reading: LOGS: this user may not do that"],
  ["make a consumer", "$JS.API.CONSUMER.CREATE.>", "fail reading: LOGS: this user may not do that"],
])("a user who may not %s", async (_, subject, expected) => {
  const users = `{user: "admin", password: "a"}, {user: "b", password: "b", permissions: {publish: {deny: ["${subject}"]}}}`;
  const server = await NatsServer.start(`authorization { users = [ ${users} ] }`);
  const as = (user: string): string[] => {
    const secret = join(temporaryDirectory(), "user");
    writeFileSync(secret, user, { mode: 0o600 });
    return ["--user-file", secret];
  };
  const path = logFile(LINES);
  const to = ["--to", server.url, "--stream", "LOGS", "--create-stream", "--once", "--host", "h"];
  expect(await runForwarder([path, ...to, ...as("admin:a")])).toMatchObject({ status: 0 });
  const ended = await check(server, path, "--publish", ...as("b:b"));
  expect(problems(ended)).toContainEqual(expect.stringContaining(expected));
  expect(ended.status).toBe(1);
});

test("files: a line that is too long, compressed ones, a damaged checkpoint, a missing file", async () => {
  const server = await NatsServer.start("max_payload: 65536");
  await server.createStream("LOGS");
  const path = logFile(`${LINES}${"x".repeat(100_000)}\n${LINES}`);
  writeFileSync(`${path}.20261126T000000000Z.gz`, "");
  const found = problems(await check(server, path, "--publish"));
  expect(found).toContainEqual("warn file: 1 compressed files are not read");
  expect(found).toContainEqual(
    expect.stringContaining("fail lines: 1 lines are longer than 64512 bytes, the longest 100001"),
  );
  writeFileSync(checkpointPath(path), "nonsense");
  expect(problems(await check(server, path))).toContainEqual(
    `fail checkpoint: ${checkpointPath(path)} is damaged, or of another version`,
  );
  expect(problems(await check(server, join(temporaryDirectory(), "none")))).toContainEqual(
    expect.stringMatching(/^fail file: .*none doesn't exist$/),
  );
});
