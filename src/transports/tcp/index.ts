import type { InetTransport } from "../transport.ts";
import { createListener } from "./listener.ts";
import { connect, createLink, createSender } from "./sender.ts";

/** TCP: like unixsock, but also across machines. */
export const tcp: InetTransport<"tcp", "stream"> = {
  name: "tcp",
  traits: {
    boundary: "stream",
    channel: "peer",
    overload: "blocks",
    closing: "asks",
    atomicBytesMax: Number.POSITIVE_INFINITY,
  },
  createListener,
  createSender,
  createLink,
  connect,
};
