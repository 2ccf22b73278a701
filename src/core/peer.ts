/** Who sent something, as the kernel says. What a transport's kernel doesn't know is left out. */
export interface Peer {
  /** A process when it connected or sent (SO_PEERCRED, SCM_CREDENTIALS, unix(7)); 0 in another pid namespace. */
  readonly pid?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** The numeric host of tcp and udp, and its port. */
  readonly host?: string;
  readonly port?: number;
}

/** Nothing is known. */
export const UNKNOWN_PEER: Peer = {};

/** Those who share a limit: the connections of one user, or from one host; all senders where neither is known. */
export function senderName({ uid, host }: Peer): string {
  if (uid !== undefined) return `uid ${uid}`;
  return host ?? "all senders";
}
