import { closeSync, fstatSync, lstatSync } from "node:fs";
import type { Socket } from "node:net";
import { describeEndpoint, type Endpoint, isPathEndpoint, type PathEndpoint } from "../../core/endpoint.ts";
import { checkOwnDirectory, notOwn } from "../../os/own-directory.ts";
import { descriptorOf, peerUid } from "../../os/socket-options.ts";

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

function checkOwner(endpoint: PathEndpoint, link: Link): void {
  const uid = ownerOf(endpoint, link);
  if (uid === 0 || uid === process.geteuid?.()) return;
  throw notOwn(
    `${describeEndpoint(endpoint)} is served by uid ${uid ?? "?"}, neither you nor root, so nothing was sent;`,
  );
}

/** Of a stream's peer, of an open FIFO; of the path for a datagram socket, which tells nothing about its peer. */
function ownerOf({ path }: PathEndpoint, link: Link): number | undefined {
  if (typeof link !== "number") return peerUid(descriptorOf(link));
  const stats = fstatSync(link);
  return stats.isSocket() ? lstatSync(path).uid : stats.uid;
}
