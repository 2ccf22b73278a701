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
    makeKey(this.#key, ["-x509", "-days", "1", "-subj", `/CN=${name}`, "-out", this.cert]);
  }

  /** Its own certificate, which is self-signed, and its key. */
  get own(): IssuedFiles {
    return { cert: this.cert, key: this.#key };
  }

  /** A certificate for localhost and 127.0.0.1, and its key. @param days 0: it expires in the second in which it is made */
  issue(name: string, days: number = 1): IssuedFiles {
    const [cert, key] = [join(this.#directory, `${name}.pem`), join(this.#directory, `${name}.key`)];
    const extensions = ["subjectAltName=DNS:localhost,IP:127.0.0.1", "basicConstraints=critical,CA:FALSE"];
    const request = `${cert}.csr`;
    makeKey(key, ["-subj", `/CN=${name}`, "-out", request, ...extensions.flatMap((text) => ["-addext", text])]);
    const issuer = ["-CA", this.cert, "-CAkey", this.#key, "-CAcreateserial", "-copy_extensions", "copyall"];
    openssl(["x509", "-req", "-in", request, "-out", cert, "-days", String(days), ...issuer]);
    return { cert, key };
  }
}

/** Puts other files in their place. */
export function replaceFiles(files: IssuedFiles, others: IssuedFiles): void {
  copyFileSync(others.cert, files.cert);
  copyFileSync(others.key, files.key);
}

function makeKey(key: string, args: readonly string[]): void {
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(["req", "-new", ...kind, "-keyout", key, ...args]);
  chmodSync(key, 0o600);
}

function openssl(args: readonly string[]): void {
  const { status, stderr } = spawnSync("openssl", args);
  if (status !== 0) throw new Error(stderr.toString());
}
