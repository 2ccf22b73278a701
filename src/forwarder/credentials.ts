import { X509Certificate } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { validateHeaderName, validateHeaderValue } from "node:http";
import { createSecureContext } from "node:tls";
import { errnoOf, OperationalError } from "../core/errors.ts";
import type { Credentials } from "./engines/engine-kind.ts";

const OTHERS = 0o077;
/** A user's seed: 58 characters of base32 (nkeys). */
const SEED = /^SU[A-Z2-7]{56}$/;
/** Two parts between lines of dashes: a JWT and a seed. */
const CREDS =
  /^-{3,}.*-{3,}\n\s*ey[\w-]+\.[\w-]+\.[\w-]+\s*\n\s*-{3,}[\s\S]*^-{3,}.*-{3,}\n\s*SU[A-Z2-7]{56}\s*\n\s*-{3,}/m;

/** Where secrets are: never in arguments, which ps shows to everyone. */
export interface CredentialFiles {
  /** One line, `user:password`. */
  readonly userFile?: string;
  /** A JWT and the seed that belongs to it, as nsc writes them. */
  readonly creds?: string;
  /** A seed. */
  readonly nkey?: string;
  /** HTTP headers, one line each: `Name: value`. */
  readonly headersFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/**
 * Reads the files. Those with secrets must not be readable by others.
 *
 * @throws OperationalError INPUT_UNREADABLE, PERMISSION_DENIED, USAGE
 */
export function readCredentials(files: CredentialFiles): Credentials {
  const { userFile, creds, nkey, tlsCert, tlsKey } = files;
  if ([userFile, creds, nkey].filter((file) => file !== undefined).length > 1)
    throw new OperationalError("USAGE", "--user-file, --creds and --nkey are three ways to say who you are; pass one");
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new OperationalError("USAGE", "--tls-cert and --tls-key belong together; pass both");
  const tls = tlsIn(files);
  const { headersFile } = files;
  return {
    ...(userFile === undefined ? {} : userIn(userFile)),
    ...(creds === undefined ? {} : { creds: credsIn(creds) }),
    ...(nkey === undefined ? {} : { nkey: seedIn(nkey) }),
    ...(headersFile === undefined ? {} : { headers: headersIn(headersFile) }),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** Headers that say how a body is sent are the program's. */
const OWN_HEADER = /^(content-.*|transfer-encoding|connection|host|expect|te|trailer|upgrade)$/;

function headersIn(path: string): Record<string, string> {
  const lines = readSecret(path).toString().split(/\r?\n/);
  const headers = lines
    .filter((line) => line.trim() !== "")
    .map((line, at) => headerIn(line, `line ${at + 1} of ${path}`));
  return Object.fromEntries(headers);
}

/** The message doesn't repeat the line, which is a secret. */
function headerIn(line: string, where: string): [string, string] {
  const [, name = "", value = ""] = /^([^:]*):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
  const refuse = (fact: string, cause?: unknown): never => {
    throw new OperationalError("INPUT_UNREADABLE", `${where} ${fact}`, { cause });
  };
  if (OWN_HEADER.test(name.toLowerCase())) return refuse("is a header that the forwarder sets itself; remove it");
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch (cause) {
    return refuse("is not an HTTP header; write Name: value", cause);
  }
  return [name.toLowerCase(), value];
}

function tlsIn({ tlsCa, tlsCert, tlsKey }: CredentialFiles): Credentials["tls"] {
  if (tlsCa === undefined && tlsCert === undefined) return undefined;
  const tls = {
    ...(tlsCa === undefined ? {} : { ca: certificateIn(tlsCa) }),
    ...(tlsCert === undefined ? {} : { cert: certificateIn(tlsCert) }),
    ...(tlsKey === undefined ? {} : { key: readSecret(tlsKey).toString() }),
  };
  try {
    createSecureContext(tls);
    return tls;
  } catch (cause) {
    const fact = `${tlsKey} is not the key of the certificate in ${tlsCert}`;
    throw new OperationalError("INPUT_UNREADABLE", `${fact}; pass files that belong together`, { cause });
  }
}

/** Node itself ignores what isn't a certificate. */
function certificateIn(path: string): string {
  const content = read(path);
  try {
    new X509Certificate(content);
    return content.toString();
  } catch (cause) {
    throw new OperationalError("INPUT_UNREADABLE", `${path} is not a certificate; pass one in PEM`, { cause });
  }
}

function userIn(path: string): Pick<Credentials, "user" | "password"> {
  const [, user, password] = /^([^:\n]+):([^\n]*)\n?$/.exec(readSecret(path).toString()) ?? [];
  if (user !== undefined && password !== undefined) return { user, password };
  throw new OperationalError("INPUT_UNREADABLE", `${path} is not one line of the form user:password; write that`);
}

function credsIn(path: string): Buffer {
  const content = readSecret(path);
  if (CREDS.test(content.toString())) return content;
  const fact = `${path} is not a credentials file with a user's JWT and seed`;
  throw new OperationalError("INPUT_UNREADABLE", `${fact}; pass the one that nsc has written`);
}

function seedIn(path: string): Buffer {
  const seed = readSecret(path).toString().trim();
  if (SEED.test(seed)) return Buffer.from(seed);
  throw new OperationalError("INPUT_UNREADABLE", `${path} is not the seed of a user's nkey; write that, SU…`);
}

function readSecret(path: string): Buffer {
  return read(path, (mode) => {
    if ((mode & OTHERS) === 0) return;
    const fact = `${path} holds a secret and is open to others (mode ${(mode & 0o7777).toString(8).padStart(4, "0")})`;
    throw new OperationalError("PERMISSION_DENIED", `${fact}; run chmod 0600 ${path}`);
  });
}

function read(path: string, check: (mode: number) => void = () => {}): Buffer {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      check(fstatSync(fd).mode);
      return readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    const code = errnoOf(cause);
    if (cause instanceof OperationalError || code === undefined) throw cause;
    throw new OperationalError("INPUT_UNREADABLE", `${path} can't be read (${code}); pass an existing file`, { cause });
  }
}
