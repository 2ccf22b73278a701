import { UNIX_DATAGRAM_BYTES_MAX, UNIX_PATH_BYTES_MAX } from "../../core/kernel-facts.ts";
import type { PathTransport } from "../transport.ts";
import { createListener } from "./listener.ts";
import { createLink, createSender } from "./sender.ts";

/** AF_UNIX datagrams: reliable and ordered on Linux; a full queue makes the sender wait (unix(7)). */
export const unixgram: PathTransport<"unixgram", "message"> = {
  name: "unixgram",
  traits: {
    boundary: "message",
    channel: "shared",
    overload: "blocks",
    closing: "exact",
    atomicBytesMax: UNIX_DATAGRAM_BYTES_MAX,
  },
  path: { defaultName: "unixgram.sock", bytesMax: UNIX_PATH_BYTES_MAX },
  createListener,
  createSender,
  createLink,
};
