import { lstatSync, mkdirSync, type Stats, statSync } from "node:fs";
import { geteuid } from "node:process";
import type { Endpoint } from "../core/endpoint.ts";
import { errnoOf, OperationalError } from "../core/errors.ts";
import type { TransportName } from "../core/transport-name.ts";

const HOST = "127.0.0.1";
const PORT = 9000;
const FOLDER = "log-aggregator";
const FILE_NAMES = { unixsock: "unixsock.sock", unixgram: "unixgram.sock", fifo: "fifo" } as const;

const REMEDY = "pass an address, as in unixsock=/path/to/log.sock";

const GROUP_OR_OTHERS_MAY_WRITE = 0o022;
const GROUP_OR_OTHERS_MAY_ANYTHING = 0o077;

/** Where the sockets and the FIFO go when the user names no address. */
export interface DefaultDirectory {
  readonly path: string;
  /** Mode bits that make the directory unsafe. Stricter in /tmp, where anyone may have made it first. */
  readonly forbiddenMode: number;
}

/**
 * `$XDG_RUNTIME_DIR/log-aggregator` where that variable names a directory of the user's own, else
 * `/run/log-aggregator` as root, else `/tmp/log-aggregator-<uid>`: the same for both ends, and no one else's.
 */
export function defaultDirectory(environment: NodeJS.ProcessEnv, uid: number = userId()): DefaultDirectory {
  const { XDG_RUNTIME_DIR: runtime } = environment;
  if (runtime?.startsWith("/") && isOwnDirectory(runtime, uid)) {
    return { path: `${runtime.replace(/\/+$/, "")}/${FOLDER}`, forbiddenMode: GROUP_OR_OTHERS_MAY_WRITE };
  }
  return uid === 0
    ? { path: `/run/${FOLDER}`, forbiddenMode: GROUP_OR_OTHERS_MAY_WRITE }
    : { path: `/tmp/${FOLDER}-${uid}`, forbiddenMode: GROUP_OR_OTHERS_MAY_ANYTHING };
}

/** The producer's side: checks the directory where there is one, and makes nothing. @throws as checkDirectory */
export function existingDefaultAddress(transport: TransportName, directory: DefaultDirectory): Endpoint {
  return defaultAddress(transport, directory, () => checkDirectory(directory));
}

/** The aggregator's side: makes the directory, mode 0700, where it is missing. @throws as checkDirectory */
export function preparedDefaultAddress(transport: TransportName, directory: DefaultDirectory): Endpoint {
  return defaultAddress(transport, directory, () => {
    makeDirectory(directory.path);
    checkDirectory(directory);
  });
}

function defaultAddress(transport: TransportName, directory: DefaultDirectory, settle: () => void): Endpoint {
  if (transport === "tcp" || transport === "udp") return { transport, host: HOST, port: PORT };
  settle();
  return { transport, path: `${directory.path}/${FILE_NAMES[transport]}` };
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return;
    const code = errnoOf(error) === "ENOENT" ? "DIRECTORY_MISSING" : "PERMISSION_DENIED";
    throw new OperationalError(code, `${path} can't be made (${errnoOf(error)}); ${REMEDY}`, { cause: error });
  }
}

/**
 * A missing directory passes: no one listens there yet.
 *
 * @throws OperationalError PERMISSION_DENIED where it is not a real directory, not the user's own, or open to others
 */
function checkDirectory(directory: DefaultDirectory, uid: number = userId()): void {
  const { path, forbiddenMode } = directory;
  const stats = statsOf(path);
  if (stats === undefined) return;
  if (!stats.isDirectory()) throw unsafe(`${path} is not a directory`);
  if (stats.uid !== uid) throw unsafe(`${path} belongs to uid ${stats.uid}, not to you (uid ${uid})`);
  if (stats.mode & forbiddenMode) {
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
    throw unsafe(`${path} is open to others (mode ${mode}); run chmod 0700 ${path}, or`);
  }
}

function unsafe(fact: string): OperationalError {
  return new OperationalError("PERMISSION_DENIED", `${fact}${fact.endsWith(" or") ? "" : ";"} ${REMEDY}`);
}

function isOwnDirectory(path: string, uid: number): boolean {
  try {
    const stats = statSync(path);
    return stats.isDirectory() && stats.uid === uid;
  } catch {
    return false;
  }
}

/** Of the path itself, not of what a symbolic link points to. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw unsafe(`${path} can't be looked at (${errnoOf(error)})`);
  }
}

function userId(): number {
  return geteuid?.() ?? -1;
}
