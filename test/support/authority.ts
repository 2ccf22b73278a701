import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "./temporary-directory.ts";

/** Files in PEM. */
export interface IssuedFiles {
  readonly cert: string;
  readonly key: string;
}

/** An authority that issues certificates for this machine. */
export class Authority {
  /** Its own certificate. */
  readonly cert: string;
  readonly #key: string;
  readonly #directory: string;

  constructor(name: string, directory: string = temporaryDirectory()) {
    this.#directory = directory;
    this.cert = join(this.#directory, `${name}.pem`);
    this.#key = join(this.#directory, `${name}.key`);
    make(this.cert, this.#key, ["-days", "1", "-subj", `/CN=${name}`]);
  }

  /** A certificate for localhost and 127.0.0.1, and its key. @param days 0: it expires in the second in which it is made */
  issue(name: string, days: number = 1): IssuedFiles {
    const [cert, key] = [join(this.#directory, `${name}.pem`), join(this.#directory, `${name}.key`)];
    const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const issuer = ["-CA", this.cert, "-CAkey", this.#key, "-addext", "basicConstraints=critical,CA:FALSE"];
    make(cert, key, ["-days", String(days), ...subject, ...issuer]);
    return { cert, key };
  }
}

/** Puts other files in their place. */
export function replaceFiles(files: IssuedFiles, others: IssuedFiles): void {
  copyFileSync(others.cert, files.cert);
  copyFileSync(others.key, files.key);
}

function make(cert: string, key: string, args: readonly string[]): void {
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const { status, stderr } = spawnSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", cert, ...args]);
  if (status !== 0) throw new Error(stderr.toString());
  chmodSync(key, 0o600);
}
