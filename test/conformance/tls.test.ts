import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import { Authority } from "../support/authority.ts";
import { WITHOUT_OPENSSL } from "../support/certificate.ts";
import { tlsSubject } from "../support/subject.ts";
import { describeListenerContract } from "./listener-contract.ts";

if (WITHOUT_OPENSSL !== undefined) {
  test("tcp with TLS", (context) => context.skip(WITHOUT_OPENSSL));
} else {
  const directory = mkdtempSync(join(tmpdir(), "log-test-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const authority = new Authority("authority", directory);
  const ca = readFileSync(authority.cert, "utf8");
  const [listener, sender] = [authority.issue("listener"), authority.issue("sender")].map(({ cert, key }) => ({
    cert: readFileSync(cert, "utf8"),
    key: readFileSync(key, "utf8"),
    ca,
  }));
  if (listener !== undefined && sender !== undefined)
    describeListenerContract("tcp with TLS", tlsSubject(listener, sender));
}
