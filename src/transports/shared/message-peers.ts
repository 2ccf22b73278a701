import { type Peer, UNKNOWN_PEER } from "../../core/peer.ts";
import type { MessageHeaders } from "../../os/message-headers.ts";

/**
 * Enough for all senders of a second, and some MB. Further ones aren't remembered, and looked at again for each message:
 * they don't make those be forgotten that are.
 */
const PEERS_MAX = 10_000;

/**
 * How long a sender is remembered: long enough for the cost not to matter, and short enough that another process with
 * the same pid doesn't appear as the first.
 */
const REMEMBERED_MS = 1000;

/** The senders of the messages of a batch: the same object for all messages of one sender. */
export class MessagePeers {
  readonly #headers: MessageHeaders;
  readonly #peers = new Map<string | number, Peer>();
  #forgetAtMs = 0;
  #last: Peer = UNKNOWN_PEER;

  constructor(headers: MessageHeaders) {
    this.#headers = headers;
  }

  /** The sender of message `index`. Call it for the messages of a batch in their order. */
  of(index: number): Peer {
    const headers = this.#headers;
    if (index > 0 && headers.isSameSender(index)) return this.#last;
    this.#last = this.#find(headers.sender(index));
    return this.#last;
  }

  #find(found: Peer): Peer {
    const nowMs = performance.now();
    if (nowMs >= this.#forgetAtMs) {
      this.#peers.clear();
      this.#forgetAtMs = nowMs + REMEMBERED_MS;
    }
    const key = found.pid ?? `${found.host} ${found.port}`;
    const known = this.#peers.get(key);
    if (known !== undefined && known.uid === found.uid && known.gid === found.gid) return known;
    if (known !== undefined || this.#peers.size < PEERS_MAX) this.#peers.set(key, found);
    return found;
  }
}
