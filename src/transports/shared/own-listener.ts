import { closeSync, fstatSync, lstatSync } from "node:fs";
import type { Socket } from "node:net";
import {
  type Endpoint,
  formatAddress,
  isPathEndpoint,
  type OwnDirectory,
  type PathEndpoint,
} from "../../core/endpoint.ts";
import { OperationalError } from "../../core/errors.ts";
import { descriptorOf, peerUid } from "../../os/socket-options.ts";

const REMEDY = "pass an address, as in unixsock=/path/to/log.sock";

/** A way to a listener: a connected socket, or a descriptor. */
export type Link = Socket | number;

/**
 * The attempt, made safe where the user named no address. While a sender waits, anyone may make the directory that is still
 * missing; so it is checked before each attempt, and then whether the listener is this user's or root's. Only then can
 * lines be sent.
 *
 * @returns an attempt that throws OperationalError PERMISSION_DENIED, with the link closed, when either is another user's
 */
export function toOwnListener<L extends Link>(endpoint: Endpoint, attempt: () => L | Promise<L>): () => L | Promise<L> {
  if (!isPathEndpoint(endpoint) || endpoint.within === undefined) return attempt;
  const { within } = endpoint;
  return async () => {
    checkOwnDirectory(within);
    const link = await attempt();
    try {
      checkOwnDirectory(within);
      checkOwner(endpoint, link);
    } catch (error) {
      if (typeof link === "number") closeSync(link);
      else link.destroy();
      throw error;
    }
    return link;
  };
}

/**
 * @throws OperationalError PERMISSION_DENIED when it is not a real directory, not this user's own, or open to others
 * @throws the system error, ENOENT for instance
 */
export function checkOwnDirectory({ path, forbiddenMode }: OwnDirectory): void {
  const stats = lstatSync(path);
  const uid = process.geteuid?.();
  if (!stats.isDirectory()) throw unsafe(`${path} is not a directory`);
  if (stats.uid !== uid) throw unsafe(`${path} belongs to uid ${stats.uid}, not to you (uid ${uid})`);
  if (stats.mode & forbiddenMode) {
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
    throw unsafe(`${path} is open to others (mode ${mode}); run chmod 0700 ${path}, or`);
  }
}

function checkOwner(endpoint: PathEndpoint, link: Link): void {
  const uid = ownerOf(endpoint, link);
  if (uid === 0 || uid === process.geteuid?.()) return;
  throw unsafe(
    `${endpoint.transport} ${formatAddress(endpoint)} is served by uid ${uid ?? "?"}, neither you nor root, so nothing was sent`,
  );
}

/** Of a stream's peer, of an open FIFO; of the path for a datagram socket, which tells nothing about its peer. */
function ownerOf({ path }: PathEndpoint, link: Link): number | undefined {
  if (typeof link !== "number") return peerUid(descriptorOf(link));
  const stats = fstatSync(link);
  return stats.isSocket() ? lstatSync(path).uid : stats.uid;
}

function unsafe(fact: string): OperationalError {
  return new OperationalError("PERMISSION_DENIED", `${fact}${fact.endsWith(" or") ? "" : ";"} ${REMEDY}`);
}
