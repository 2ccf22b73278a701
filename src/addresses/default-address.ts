import { chmodSync, mkdirSync, statSync } from "node:fs";
import { geteuid } from "node:process";
import { type Endpoint, isPathEndpoint, type OwnDirectory, type PathRulesOf } from "../core/endpoint.ts";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { hasPath, type TransportName } from "../core/transport-name.ts";
import { checkOwnDirectory, notOwn, REMEDY } from "../os/own-directory.ts";

/** The default host of tcp and udp, for listeners and senders: it can't be reached from other machines. */
export const LOOPBACK = "127.0.0.1";
export const PORT_DEFAULT = 9000;

const FOLDER = "log-aggregator";

const GROUP_OR_OTHERS_MAY_WRITE = 0o022;
const GROUP_OR_OTHERS_MAY_ANYTHING = 0o077;
const OTHERS_MAY_SEARCH = 0o011;

/**
 * `$XDG_RUNTIME_DIR/log-aggregator` where that variable names a directory of the user's own, else
 * `/run/log-aggregator` as root, else `/tmp/log-aggregator-<uid>`: the same for both ends, and no one else's.
 */
export function defaultDirectory(environment: NodeJS.ProcessEnv, uid: number = userId()): OwnDirectory {
  const { XDG_RUNTIME_DIR: runtime } = environment;
  if (runtime?.startsWith("/") && isOwnDirectory(runtime, uid)) {
    return { path: `${runtime.replace(/\/+$/, "")}/${FOLDER}`, forbiddenMode: GROUP_OR_OTHERS_MAY_WRITE };
  }
  return uid === 0
    ? { path: `/run/${FOLDER}`, forbiddenMode: GROUP_OR_OTHERS_MAY_WRITE }
    : { path: `/tmp/${FOLDER}-${uid}`, forbiddenMode: GROUP_OR_OTHERS_MAY_ANYTHING };
}

/** The producer's side: checks the directory if it exists, and creates nothing. @throws as checkOwnDirectory */
export function existingDefaultAddress(
  transport: TransportName,
  directory: OwnDirectory,
  rulesOf: PathRulesOf,
): Endpoint {
  const endpoint = defaultAddress(transport, directory, rulesOf);
  if (!isPathEndpoint(endpoint)) return endpoint;
  checkDirectory(directory);
  return { ...endpoint, within: directory };
}

/** The aggregator's side: creates the directory, with mode 0700, if it is missing. @throws as checkOwnDirectory */
export function preparedDefaultAddress(
  transport: TransportName,
  directory: OwnDirectory,
  rulesOf: PathRulesOf,
): Endpoint {
  const endpoint = defaultAddress(transport, directory, rulesOf);
  if (!isPathEndpoint(endpoint)) return endpoint;
  makeDirectory(directory.path);
  checkDirectory(directory);
  return endpoint;
}

/**
 * Lets other users search the directory, but neither list nor change it, where that leaves it safe: what is in it has
 * permissions of its own. A directory in /tmp stays closed, because a producer refuses it otherwise.
 */
export function letOthersSearch({ path, forbiddenMode }: OwnDirectory): void {
  if ((forbiddenMode & OTHERS_MAY_SEARCH) === 0) chmodSync(path, 0o711);
}

function defaultAddress(transport: TransportName, directory: OwnDirectory, rulesOf: PathRulesOf): Endpoint {
  if (hasPath(transport)) return { transport, path: `${directory.path}/${rulesOf(transport).defaultName}` };
  return { transport, host: LOOPBACK, port: PORT_DEFAULT };
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return;
    const code = errnoOf(error) === "ENOENT" ? "DIRECTORY_MISSING" : "PERMISSION_DENIED";
    throw new OperationalError(code, `${path} can't be created (${errnoOf(error)}); ${REMEDY}`, { cause: error });
  }
}

/** A missing directory passes: nobody listens there yet. @throws as checkOwnDirectory */
function checkDirectory(directory: OwnDirectory): void {
  try {
    checkOwnDirectory(directory);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return;
    if (error instanceof OperationalError) throw error;
    throw notOwn(`${directory.path} can't be checked (${errnoOf(error)});`, error);
  }
}

function isOwnDirectory(path: string, uid: number): boolean {
  try {
    const stats = statSync(path);
    return stats.isDirectory() && stats.uid === uid;
  } catch {
    return false;
  }
}

function userId(): number {
  return geteuid?.() ?? -1;
}
