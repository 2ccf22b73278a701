import { UNIX_PATH_BYTES_MAX } from "../../core/kernel-facts.ts";
import type { PathTransport } from "../transport.ts";
import { createListener } from "./listener.ts";
import { connect, createLink, createSender } from "./sender.ts";

/** AF_UNIX stream sockets: each sender has its own connection. */
export const unixsock: PathTransport<"unixsock", "stream"> = {
  name: "unixsock",
  traits: {
    boundary: "stream",
    channel: "peer",
    overload: "blocks",
    closing: "exact",
    atomicBytesMax: Number.POSITIVE_INFINITY,
  },
  path: { defaultName: "unixsock.sock", bytesMax: UNIX_PATH_BYTES_MAX },
  createListener,
  createSender,
  createLink,
  connect,
};
