import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import { beforeEach, expect, test } from "vitest";
import { type EndedForwarder, runForwarder } from "../support/forwarder-process.ts";
import { logFile } from "../support/log-files.ts";
import { jwtAccount } from "../support/nats-accounts.ts";
import { NatsServer, WITHOUT_NATS } from "../support/nats-server.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

beforeEach((context) => {
  if (WITHOUT_NATS !== undefined) context.skip(WITHOUT_NATS);
});

function lines(name: string, count: number): string {
  return Array.from({ length: count }, (_, n) => `{"from":"${name}","n":${n}}\n`).join("");
}

test("a user and password come from a file that others can't read", async () => {
  const server = await NatsServer.start(
    `authorization { users = [ {user: "shipper", password: "s3cret"}, {user: "admin", password: "a"} ] }`,
  );
  const secret = join(temporaryDirectory(), "user");
  const run = (content: string): ReturnType<typeof runForwarder> => {
    writeFileSync(secret, content, { mode: 0o600 });
    const to = ["--to", server.url, "--stream", "LOGS", "--create-stream", "--once"];
    return runForwarder([logFile(lines("here", 10)), ...to, "--user-file", secret]);
  };
  expect(await run("shipper:s3cret\n")).toMatchObject({ status: 0, done: { lines: 10 } });
  const wrong = await run("shipper:wrong\n");
  expect(wrong).toMatchObject({ status: 5 });
  expect(wrong.stderr).toContain("refuses this user");
  expect(wrong.stderr).not.toContain("wrong\\n");
  chmodSync(secret, 0o644);
  const open = await run("shipper:s3cret\n");
  expect(open).toMatchObject({ status: 1 });
  expect(open.stderr).toContain("chmod 0600");
});

test("a user and password, or a token, come from the environment", async () => {
  const to = ["--stream", "LOGS", "--create-stream", "--once"];
  const users = await NatsServer.start(`authorization { user: "shipper", password: "s3cret" }`);
  const run = (server: NatsServer, variables: NodeJS.ProcessEnv): ReturnType<typeof runForwarder> =>
    runForwarder([logFile(lines("here", 10)), "--to", server.url, ...to], variables);
  const named = { LOG_FORWARDER_NATS_USER: "shipper", LOG_FORWARDER_NATS_PASSWORD: "s3cret" };
  expect(await run(users, named)).toMatchObject({ status: 0, done: { lines: 10 } });
  const wrong = await run(users, { ...named, LOG_FORWARDER_NATS_PASSWORD: "wr0ng" });
  expect(wrong).toMatchObject({ status: 5 });
  expect(wrong.stderr).not.toContain("wr0ng");
  const token = await NatsServer.start(`authorization { token: "s3cret" }`);
  expect(await run(token, { LOG_FORWARDER_NATS_TOKEN: "s3cret" })).toMatchObject({ status: 0, done: { lines: 10 } });
  expect(await run(token, {})).toMatchObject({ status: 5 });
});

test("an nkey says who connects", async () => {
  const user = nkeys.createUser();
  const server = await NatsServer.start(`authorization { users = [ {nkey: "${user.getPublicKey()}"} ] }`);
  const seed = join(temporaryDirectory(), "seed");
  writeFileSync(seed, `${Buffer.from(user.getSeed()).toString()}\n`, { mode: 0o600 });
  const to = ["--to", server.url, "--stream", "LOGS", "--create-stream", "--once"];
  const path = logFile(lines("here", 10));
  expect(await runForwarder([path, ...to, "--nkey", seed])).toMatchObject({ status: 0, done: { lines: 10 } });
  expect(await runForwarder([path, ...to])).toMatchObject({ status: 5 });
});

test("TLS: the authority that is named is trusted, and the client shows its certificate", async (context) => {
  if (spawnSync("openssl", ["version"]).status !== 0) context.skip("openssl is missing");
  const directory = temporaryDirectory();
  const certificate = (name: string): { cert: string; key: string } => {
    const [cert, key] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)];
    const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost"];
    const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", cert];
    expect(spawnSync("openssl", [...made, ...subject]).status).toBe(0);
    chmodSync(key, 0o600);
    return { cert, key };
  };
  const [own, client, other] = [certificate("server"), certificate("client"), certificate("other")];
  const tls = `cert_file: "${own.cert}", key_file: "${own.key}", ca_file: "${client.cert}", verify: true`;
  const server = await NatsServer.start(`tls { ${tls} }`);
  const path = logFile(lines("here", 10));
  const url = `nats://localhost:${server.port}`;
  const to = ["--to", url, "--stream", "LOGS", "--create-stream", "--once"];
  const shown = ["--tls-cert", client.cert, "--tls-key", client.key];
  const trusted = await runForwarder([path, ...to, "--tls-ca", own.cert, ...shown]);
  expect(trusted).toMatchObject({ status: 0, done: { lines: 10 } });
  const untrusted = await runForwarder([path, ...to, "--tls-ca", other.cert, ...shown]);
  expect(untrusted).toMatchObject({ status: 5 });
  expect(untrusted.stderr).toContain("the TLS certificates don't fit");
  const unknown = await runForwarder([path, ...to, "--tls-ca", own.cert]);
  expect(unknown).toMatchObject({ status: 5 });
  expect(unknown.stderr).toContain("the TLS certificates don't fit");
  const mixed = await runForwarder([
    path,
    ...to,
    "--tls-ca",
    own.cert,
    "--tls-cert",
    client.cert,
    "--tls-key",
    own.key,
  ]);
  expect(mixed).toMatchObject({ status: 1 });
  expect(mixed.stderr).toContain("is not the key of the certificate");
});

/** What is tried again for ever instead hangs here. */
const HANGS_MS = 20_000;

function forwardOnce(server: NatsServer, ...more: string[]): Promise<EndedForwarder> {
  const to = ["--to", server.url, "--stream", "LOGS", "--create-stream", "--once"];
  return runForwarder([logFile(lines("here", 10)), ...to, ...more]);
}

test("a credentials file says who connects, until the user is revoked", async () => {
  const account = jwtAccount();
  const [own, other] = [await account.user("shipper"), await jwtAccount().user("stranger")];
  const server = await NatsServer.start(await account.settings());
  expect(await forwardOnce(server, "--creds", own.creds)).toMatchObject({ status: 0, done: { lines: 10 } });
  const stranger = await forwardOnce(server, "--creds", other.creds);
  expect(stranger).toMatchObject({ status: 5 });
  expect(stranger.stderr).toContain("refuses this user");
  await server.kill();
  const revoking = await NatsServer.start(await account.settings([own.key]));
  expect(await forwardOnce(revoking, "--creds", own.creds)).toMatchObject({ status: 5 });
});

test.each([
  ["publish", 'publish: { deny: ["logs.>"] }'],
  ["ask for the stream", 'publish: { deny: ["$JS.API.STREAM.INFO.>"] }'],
  ["receive answers", 'subscribe: { deny: ["_INBOX.>"] }'],
])(
  "a user who may not %s ends it with 5",
  async (_, permission) => {
    const server = await NatsServer.start(
      `authorization { users = [ {user: "a", password: "a", permissions: { ${permission} }} ] }`,
    );
    const secret = join(temporaryDirectory(), "user");
    writeFileSync(secret, "a:a", { mode: 0o600 });
    const ended = await forwardOnce(server, "--user-file", secret);
    expect(ended.stderr).toContain("this user may not do that");
    expect(ended.status).toBe(5);
  },
  HANGS_MS,
);

test.each([
  ["--tls-ca", "nonsense", "is not a certificate"],
  ["--nkey", "nonsense", "is not the seed"],
  ["--creds", "nonsense", "is not a credentials file"],
  ["--user-file", "nonsense", "is not one line of the form"],
])(
  "%s with another content is named",
  async (option, content, message) => {
    const server = await NatsServer.start();
    const secret = join(temporaryDirectory(), "secret");
    writeFileSync(secret, content, { mode: 0o600 });
    const ended = await forwardOnce(server, option, secret);
    expect(ended.stderr).toContain(message);
    expect(ended.status).toBe(1);
  },
  HANGS_MS,
);

test.each(["--nkey", "--creds", "--user-file"])("%s that others can read is refused", async (option) => {
  const secret = join(temporaryDirectory(), "secret");
  writeFileSync(secret, "x", { mode: 0o640 });
  const ended = await runForwarder([secret, "--to", "nats://127.0.0.1:1", "--stream", "LOGS", option, secret]);
  expect(ended).toMatchObject({ status: 1, stderr: expect.stringContaining("chmod 0600") });
});
