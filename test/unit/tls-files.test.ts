import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createAggregator } from "../../src/aggregator/create-aggregator.ts";
import { readTlsFiles } from "../../src/credentials/tls-files.ts";
import { Authority } from "../support/authority.ts";
import { WITHOUT_OPENSSL } from "../support/certificate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const CONTENTS: Readonly<Record<string, (certificate: string) => string | Buffer>> = {
  "a certificate in DER": (certificate) => new X509Certificate(certificate).raw,
  "a second certificate that is broken": (certificate) => certificate + certificate.replace("MII", "AAA"),
  "a second certificate that is cut off": (certificate) => certificate + certificate.slice(0, 200),
  "nothing in it": () => "",
};

test.skipIf(WITHOUT_OPENSSL !== undefined)("a file with several certificates is read whole", () => {
  const path = join(temporaryDirectory(), "ca");
  const [one = "", other = ""] = ["one", "other"].map((name) => readFileSync(new Authority(name).cert, "utf8"));
  writeFileSync(path, one + other);
  expect(readTlsFiles({ ca: path }).ca).toBe(one + other);
});

test.skipIf(WITHOUT_OPENSSL !== undefined).each(Object.keys(CONTENTS))("a file with %s is refused", (name) => {
  const path = join(temporaryDirectory(), "ca");
  writeFileSync(path, CONTENTS[name]?.(readFileSync(new Authority("authority").cert, "utf8")) ?? "");
  expect(() => readTlsFiles({ ca: path })).toThrow(`${path} is not a certificate`);
});

test("an option of TLS that doesn't exist is refused, because every sender could send without the right one", async () => {
  const options = { listen: ["tcp"], output: join(temporaryDirectory(), "out") };
  const misspelt = { cert: "c", key: "k", CA: "ca" };
  await expect(createAggregator({ ...options, tls: misspelt })).rejects.toThrow(
    'tls has no "CA"; it has cert, key and ca',
  );
  await expect(createAggregator({ ...options, insecure: JSON.parse('"false"') })).rejects.toThrow(
    'insecure is "false"',
  );
});
