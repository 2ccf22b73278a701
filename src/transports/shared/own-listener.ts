import { fstatSync, lstatSync } from "node:fs";
import type { Socket } from "node:net";
import { describeEndpoint, type Endpoint, isPathEndpoint, type PathEndpoint } from "../../core/endpoint.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import { checkOwnDirectory, notOwn } from "../../os/own-directory.ts";
import { descriptorOf, peerCredentials } from "../../os/socket-options.ts";

/** A link to a listener: a connected socket, or a descriptor. */
export type Link = Socket | number;

/**
 * Makes an attempt safe where the user named no address. While a sender waits, anyone may create the directory that is
 * still missing. So the directory is checked before each attempt. After it, the listener must belong to this user or to
 * root. Only then can lines be sent.
 *
 * @returns an attempt that closes the link and throws OperationalError PERMISSION_DENIED when either belongs to another
 *   user
 */
export function toOwnListener<L extends Link>(endpoint: Endpoint, attempt: () => L | Promise<L>): () => L | Promise<L> {
  if (!isPathEndpoint(endpoint) || endpoint.within === undefined) return attempt;
  const { within } = endpoint;
  const checked = (link: L): L => {
    try {
      checkOwnDirectory(within);
      checkOwner(endpoint, link);
    } catch (error) {
      if (typeof link === "number") closeDescriptor(link);
      else link.destroy();
      throw error;
    }
    return link;
  };
  return () => {
    checkOwnDirectory(within);
    const link = attempt();
    return link instanceof Promise ? link.then(checked) : checked(link);
  };
}

function checkOwner(endpoint: PathEndpoint, link: Link): void {
  const uid = ownerOf(endpoint, link);
  if (uid === 0 || uid === process.geteuid?.()) return;
  throw notOwn(
    `${describeEndpoint(endpoint)} is served by uid ${uid ?? "?"}, neither you nor root, so nothing was sent;`,
  );
}

/**
 * The owner of a stream's peer, of an open FIFO, or of the path of a datagram socket, for which the kernel doesn't
 * report the peer.
 */
function ownerOf({ path }: PathEndpoint, link: Link): number | undefined {
  if (typeof link !== "number") return peerCredentials(descriptorOf(link)).uid;
  const stats = fstatSync(link);
  return stats.isSocket() ? (peerCredentials(link).uid ?? lstatSync(path).uid) : stats.uid;
}
