import type { Transport } from "../transport.ts";
import { createListener } from "./listener.ts";
import { connect, createSender } from "./sender.ts";

/** AF_UNIX stream sockets: each sender has a connection of its own. */
export const unixsock: Transport = {
  name: "unixsock",
  traits: { boundary: "stream", channel: "peer", overload: "blocks", atomicBytesMax: Number.POSITIVE_INFINITY },
  createListener,
  createSender,
  connect,
};
