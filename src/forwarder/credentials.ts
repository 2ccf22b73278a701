import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { errnoOf, OperationalError } from "../core/errors.ts";
import type { Credentials } from "./engines/engine-kind.ts";

const OTHERS = 0o077;

/** Where secrets are: never in arguments, which ps shows to everyone. */
export interface CredentialFiles {
  /** One line, `user:password`. */
  readonly userFile?: string;
  /** A seed. */
  readonly nkey?: string;
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
  const { userFile, nkey, tlsCa, tlsCert, tlsKey } = files;
  if (userFile !== undefined && nkey !== undefined)
    throw new OperationalError("USAGE", "--user-file and --nkey are two ways to say who you are; pass one");
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new OperationalError("USAGE", "--tls-cert and --tls-key belong together; pass both");
  const tls = {
    ...(tlsCa === undefined ? {} : { ca: read(tlsCa).toString() }),
    ...(tlsCert === undefined ? {} : { cert: read(tlsCert).toString() }),
    ...(tlsKey === undefined ? {} : { key: readSecret(tlsKey).toString() }),
  };
  return {
    ...(userFile === undefined ? {} : userIn(userFile)),
    ...(nkey === undefined ? {} : { nkey: Buffer.from(readSecret(nkey).toString().trim()) }),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  };
}

function userIn(path: string): Pick<Credentials, "user" | "password"> {
  const [, user, password] = /^([^:\n]+):([^\n]*)\n?$/.exec(readSecret(path).toString()) ?? [];
  if (user !== undefined && password !== undefined) return { user, password };
  throw new OperationalError("INPUT_UNREADABLE", `${path} is not one line of the form user:password; write that`);
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
