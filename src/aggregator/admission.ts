import { type Peer, senderName } from "../core/peer.ts";
import { Firsts } from "./firsts.ts";

/** Who may send, and how much at a time. */
export interface AdmissionRules {
  /** Undefined: everybody. A sender is allowed when its user or its group is. */
  readonly uids?: ReadonlySet<number> | undefined;
  readonly gids?: ReadonlySet<number> | undefined;
  /** Most connections of one user, or from one host. */
  readonly connectionsPerSenderMax?: number | undefined;
}

/** Why a sender was turned away: its user isn't allowed, or it has too many connections. */
export type Refusal = "forbidden" | "excess";

/** Senders turned away. */
export interface AdmissionCounts {
  forbiddenSenders: number;
  forbiddenMessages: number;
  excessSenders: number;
}

export const NOBODY_REFUSED: Readonly<AdmissionCounts> = {
  forbiddenSenders: 0,
  forbiddenMessages: 0,
  excessSenders: 0,
};

/** Decides for one endpoint who may send, counts those who may not, and reports the first refusal of each. */
export class Admission {
  readonly counts: AdmissionCounts = { ...NOBODY_REFUSED };
  readonly #rules: AdmissionRules;
  readonly #report: (refusal: Refusal, peer: Peer) => void;
  readonly #connections = new Map<string, number>();
  readonly #reported = new Firsts();

  constructor(rules: AdmissionRules, report: (refusal: Refusal, peer: Peer) => void) {
    this.#rules = rules;
    this.#report = report;
  }

  /** Whether a connection may stay; if so, leave() must be called at its end. */
  enter(peer: Peer): boolean {
    if (!this.#isAllowed(peer)) return this.#refuse("forbidden", peer, "forbiddenSenders");
    const { connectionsPerSenderMax } = this.#rules;
    if (connectionsPerSenderMax === undefined) return true;
    const name = senderName(peer);
    const connections = this.#connections.get(name) ?? 0;
    if (connections >= connectionsPerSenderMax) return this.#refuse("excess", peer, "excessSenders");
    this.#connections.set(name, connections + 1);
    return true;
  }

  leave(peer: Peer): void {
    const name = senderName(peer);
    const connections = (this.#connections.get(name) ?? 0) - 1;
    if (connections > 0) this.#connections.set(name, connections);
    else this.#connections.delete(name);
  }

  /** Whether messages may be stored. @param count of messages */
  readonly allows = (peer: Peer, count: number): boolean => {
    if (this.#isAllowed(peer)) return true;
    this.counts.forbiddenMessages += count - 1;
    return this.#refuse("forbidden", peer, "forbiddenMessages");
  };

  /** A sender that the kernel doesn't know is nobody's. */
  #isAllowed({ uid, gid }: Peer): boolean {
    const { uids, gids } = this.#rules;
    if (uids === undefined && gids === undefined) return true;
    if (uid === undefined || gid === undefined) return false;
    return uids?.has(uid) === true || gids?.has(gid) === true;
  }

  #refuse(refusal: Refusal, peer: Peer, count: keyof AdmissionCounts): false {
    this.counts[count]++;
    if (this.#reported.isFirst(`${refusal} ${senderName(peer)}`)) this.#report(refusal, peer);
    return false;
  }
}
