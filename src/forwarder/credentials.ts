import { OperationalError } from "../core/errors.ts";
import { andList } from "../core/word-list.ts";
import { readSecret } from "../credentials/secret-file.ts";
import { readTlsFiles } from "../credentials/tls-files.ts";
import type { Credentials } from "./engines/engine-kind.ts";
import { headersInLines, headersInList } from "./http-headers.ts";

/** A user's seed: 58 characters of base32 (nkeys). */
const SEED = /^SU[A-Z2-7]{56}$/;
/** Two parts between lines of dashes: a JWT and a seed. */
const CREDS =
  /^-{3,}.*-{3,}\n\s*ey[\w-]+\.[\w-]+\.[\w-]+\s*\n\s*-{3,}[\s\S]*^-{3,}.*-{3,}\n\s*SU[A-Z2-7]{56}\s*\n\s*-{3,}/m;

/** Files with secrets, which are never in arguments, because ps shows those to everyone. */
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

/** Environment variables with secrets. An empty one is one that isn't set. */
const SECRET_VARIABLES = {
  user: "LOG_FORWARDER_NATS_USER",
  password: "LOG_FORWARDER_NATS_PASSWORD",
  token: "LOG_FORWARDER_NATS_TOKEN",
  /** The content of a credentials file. */
  creds: "LOG_FORWARDER_NATS_CREDS",
  /** A seed. */
  nkey: "LOG_FORWARDER_NATS_NKEY",
  /** `name=value,name=value` */
  headers: "LOG_FORWARDER_OTLP_HEADERS",
} as const;

/** Where secrets may be, beside files. */
export interface SecretSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the engine takes, by the options for files: secrets of other engines may be in the environment, too. */
  readonly options: readonly string[];
}

type Secrets = { readonly [Name in keyof typeof SECRET_VARIABLES]: string | undefined };

/**
 * Reads secrets from files and the environment. Files with secrets must not be readable by others.
 *
 * @throws OperationalError INPUT_UNREADABLE, PERMISSION_DENIED, USAGE
 */
export function readCredentials(files: CredentialFiles, sources: SecretSources): Credentials {
  const tls = readTlsFiles({ ca: files.tlsCa, cert: files.tlsCert, key: files.tlsKey });
  const secrets = secretsIn(sources);
  const headers = headersOf(files, secrets);
  return {
    ...identityOf(files, secrets),
    ...(headers === undefined ? {} : { headers }),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  };
}

function secretsIn({ environment, options }: SecretSources): Secrets {
  const of = (name: keyof Secrets, option: string): string | undefined =>
    options.includes(option) ? environment[SECRET_VARIABLES[name]] || undefined : undefined;
  return {
    user: of("user", "--user-file"),
    password: of("password", "--user-file"),
    token: of("token", "--user-file"),
    creds: of("creds", "--creds"),
    nkey: of("nkey", "--nkey"),
    headers: of("headers", "--headers-file"),
  };
}

/** Who connects, of which there is one way. */
function identityOf({ userFile, creds, nkey }: CredentialFiles, secrets: Secrets): Credentials {
  const { user, password, token } = secrets;
  const names = SECRET_VARIABLES;
  if ((user === undefined) !== (password === undefined))
    throw new OperationalError("USAGE", `${names.user} and ${names.password} belong together; set both`);
  const ways: [string, string | undefined, (given: string) => Credentials][] = [
    ["--user-file", userFile, (path) => userIn(path)],
    ["--creds", creds, (path) => ({ creds: credsIn(readSecret(path), path) })],
    ["--nkey", nkey, (path) => ({ nkey: seedIn(readSecret(path), path) })],
    [names.user, user, (given) => ({ user: given, password: password ?? "" })],
    [names.token, token, (given) => ({ token: given })],
    [names.creds, secrets.creds, (given) => ({ creds: credsIn(Buffer.from(given), names.creds) })],
    [names.nkey, secrets.nkey, (given) => ({ nkey: seedIn(Buffer.from(given), names.nkey) })],
  ];
  const given = ways.flatMap(([name, value, read]) => (value === undefined ? [] : [{ name, read: () => read(value) }]));
  if (given.length > 1) {
    const fact = `${andList(given.map(({ name }) => name))} are ${given.length} ways to say who you are`;
    throw new OperationalError("USAGE", `${fact}; keep one of them`);
  }
  return given[0]?.read() ?? {};
}

function headersOf({ headersFile }: CredentialFiles, secrets: Secrets): Credentials["headers"] {
  const variable = SECRET_VARIABLES.headers;
  if (headersFile !== undefined && secrets.headers !== undefined)
    throw new OperationalError("USAGE", `--headers-file and ${variable} both have headers; keep one of them`);
  if (headersFile !== undefined) return headersInLines(readSecret(headersFile).toString(), headersFile);
  return secrets.headers === undefined ? undefined : headersInList(secrets.headers, variable);
}

function userIn(path: string): Pick<Credentials, "user" | "password"> {
  const [, user, password] = /^([^:\n]+):([^\n]*)\n?$/.exec(readSecret(path).toString()) ?? [];
  if (user !== undefined && password !== undefined) return { user, password };
  throw new OperationalError("INPUT_UNREADABLE", `${path} is not one line of the form user:password; write that`);
}

/** @param where for the message: a path, or the name of a variable */
function credsIn(content: Buffer, where: string): Buffer {
  if (CREDS.test(content.toString())) return content;
  const fact = `${where} is not a credentials file with a user's JWT and seed`;
  throw new OperationalError("INPUT_UNREADABLE", `${fact}; pass what nsc has written`);
}

function seedIn(content: Buffer, where: string): Buffer {
  const seed = content.toString().trim();
  if (SEED.test(seed)) return Buffer.from(seed);
  throw new OperationalError("INPUT_UNREADABLE", `${where} is not the seed of a user's nkey; write that, SU…`);
}
