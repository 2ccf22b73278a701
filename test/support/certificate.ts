import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "./temporary-directory.ts";

/** Undefined where there is openssl; otherwise why tests of TLS are skipped. */
export const WITHOUT_OPENSSL: string | undefined =
  spawnSync("openssl", ["version"]).status === 0 ? undefined : "openssl is missing";

/** Makes a certificate of its own authority for `localhost`, and its key. @returns the files */
export function certificate(name: string): { readonly cert: string; readonly key: string } {
  const directory = temporaryDirectory();
  const [cert, key] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)];
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost"];
  const made = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "1",
    "-keyout",
    key,
    "-out",
    cert,
    ...subject,
  ];
  const { status, stderr } = spawnSync("openssl", made);
  if (status !== 0) throw new Error(stderr.toString());
  chmodSync(key, 0o600);
  return { cert, key };
}
