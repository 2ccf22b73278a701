import { TCP_TRANSIT_MS } from "../../core/kernel-facts.ts";
import { dropAllInput } from "../../os/socket-filter.ts";
import { bytesWrittenByPeer, hasPeerClosed, resetPeer } from "../../os/tcp-peer.ts";
import type { ConnectionEnding } from "../shared/connection-ending.ts";
import type { StreamChannel } from "../shared/stream-channel.ts";

/**
 * TCP can't refuse a sender's next write: SHUT_RD has no effect on the other side. So a FIN asks the sender to stop.
 * A sender that continues is cut: nothing more is acknowledged, what was acknowledged is read, and a reset makes its
 * next write fail.
 */
export const tcpEnding: ConnectionEnding<StreamChannel> = {
  transitMs: TCP_TRANSIT_MS,
  ask: (channel) => channel.endReplies(),
  freeze: dropAllInput,
  senderBuffer: { writtenBytes: bytesWrittenByPeer, isClosed: hasPeerClosed, reset: resetPeer },
};

/** What is lost of an encrypted stream can't be counted in the bytes of its lines. */
export const tlsEnding: ConnectionEnding<StreamChannel> = { ...tcpEnding, isEncrypted: true };
