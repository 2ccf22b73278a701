import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { type CredentialFiles, readCredentials } from "../../src/forwarder/credentials.ts";
import type { Credentials } from "../../src/forwarder/engines/engine-kind.ts";
import { engineOptions } from "../../src/forwarder/engines/engines.ts";
import { expectOperational, thrownBy } from "../support/failure.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

type Environment = Readonly<Record<string, string>>;

const SEED = Buffer.from(nkeys.createUser().getSeed()).toString();
const JWT = `eyJ0eXAiOiJKV1QifQ.eyJqdGkiOiJ4In0.c2lnbmF0dXJl`;
const CREDS = `-----BEGIN NATS USER JWT-----
${JWT}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${SEED}
------END USER NKEY SEED------
`;
const USER = { LOG_FORWARDER_NATS_USER: "shipper", LOG_FORWARDER_NATS_PASSWORD: "s3cret" };

function read(to: string, environment: Environment, files: CredentialFiles = {}): Credentials {
  return readCredentials(files, { environment, options: engineOptions(to, []) });
}

function secretFile(content: string): string {
  const path = join(temporaryDirectory(), "secret");
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

test.each<[string, Environment, Credentials]>([
  ["a user and password", USER, { user: "shipper", password: "s3cret" }],
  ["a token", { LOG_FORWARDER_NATS_TOKEN: "s3cret" }, { token: "s3cret" }],
  ["credentials", { LOG_FORWARDER_NATS_CREDS: CREDS }, { creds: Buffer.from(CREDS) }],
  ["a seed", { LOG_FORWARDER_NATS_NKEY: `${SEED}\n` }, { nkey: Buffer.from(SEED) }],
  ["nothing in an empty variable", { LOG_FORWARDER_NATS_TOKEN: "", LOG_FORWARDER_NATS_USER: "" }, {}],
  [
    "nothing of another engine",
    { LOG_FORWARDER_OTLP_HEADERS: "a=s3cret", ...USER },
    { user: "shipper", password: "s3cret" },
  ],
])("the environment says who connects to NATS: %s", (_, environment, expected) => {
  expect(read("nats://h", environment)).toEqual(expected);
});

test.each([
  ["api-key=s3cret,X-Scope-OrgID=tenant-1", { "api-key": "s3cret", "x-scope-orgid": "tenant-1" }],
  ["Authorization=Bearer%20s3cret%3D", { authorization: "Bearer s3cret=" }],
  [" authorization = Basic czNjcmV0OnM= , a=b,", { authorization: "Basic czNjcmV0OnM=", a: "b" }],
  ["discount=100%", { discount: "100%" }],
  ["", undefined],
])("LOG_FORWARDER_OTLP_HEADERS=%j", (list, headers) => {
  const environment = { LOG_FORWARDER_OTLP_HEADERS: list, ...USER };
  expect(read("otlp+http://h", environment)).toEqual(headers === undefined ? {} : { headers });
});

test.each<[Environment, CredentialFiles, string]>([
  [USER, { userFile: "u" }, "--user-file and LOG_FORWARDER_NATS_USER are 2 ways"],
  [{ LOG_FORWARDER_NATS_TOKEN: "s3cret" }, { creds: "c" }, "--creds and LOG_FORWARDER_NATS_TOKEN are 2 ways"],
  [{ LOG_FORWARDER_NATS_NKEY: "s3cret" }, { nkey: "n" }, "--nkey and LOG_FORWARDER_NATS_NKEY are 2 ways"],
  [{ LOG_FORWARDER_NATS_TOKEN: "s3cret", ...USER }, {}, "LOG_FORWARDER_NATS_USER and LOG_FORWARDER_NATS_TOKEN are 2"],
  [{}, { userFile: "u", creds: "c", nkey: "n" }, "--user-file, --creds and --nkey are 3 ways to say who you are; keep"],
  [{ LOG_FORWARDER_NATS_USER: "s3cret" }, {}, "belong together; set both"],
  [{ LOG_FORWARDER_NATS_PASSWORD: "s3cret" }, {}, "belong together; set both"],
])("%j with the files %j is a usage error", (environment, files, message) => {
  const error = thrownBy(() => read("nats://h", environment, files));
  expectOperational(error, "USAGE");
  expect(String(error)).toContain(message);
  expect(String(error)).not.toContain("s3cret");
});

test("headers in a file and in the environment are a usage error", () => {
  const headersFile = secretFile("a: s3cret\n");
  expect(read("otlp+http://h", {}, { headersFile })).toEqual({ headers: { a: "s3cret" } });
  const error = thrownBy(() => read("otlp+http://h", { LOG_FORWARDER_OTLP_HEADERS: "b=s3cret" }, { headersFile }));
  expectOperational(error, "USAGE");
  expect(String(error)).toContain("--headers-file and LOG_FORWARDER_OTLP_HEADERS both have headers; keep one");
  expect(String(error)).not.toContain("s3cret");
});

test.each([
  ["LOG_FORWARDER_NATS_CREDS", "/run/s3cret.creds", "LOG_FORWARDER_NATS_CREDS is not a credentials file"],
  ["LOG_FORWARDER_NATS_NKEY", "s3cret", "LOG_FORWARDER_NATS_NKEY is not the seed"],
  ["LOG_FORWARDER_OTLP_HEADERS", "s3cret", "header 1 in LOG_FORWARDER_OTLP_HEADERS is not an HTTP header"],
  ["LOG_FORWARDER_OTLP_HEADERS", "a=b,bad name=s3cret", "header 2 in"],
  ["LOG_FORWARDER_OTLP_HEADERS", "a=s3cret%0d%0ab", "is not an HTTP header"],
  ["LOG_FORWARDER_OTLP_HEADERS", "Content-Length=s3cret", "the forwarder sets itself"],
])("a wrong %s: the message names the variable, and not what is in %j", (variable, value, message) => {
  const to = variable.includes("OTLP") ? "otlp+http://h" : "nats://h";
  const error = thrownBy(() => read(to, { [variable]: value }));
  expectOperational(error, "INPUT_UNREADABLE");
  expect(String(error)).toContain(message);
  expect(String(error)).not.toContain("s3cret");
});
