import { PATH_BYTES_MAX, PIPE_BUF_BYTES } from "../../core/kernel-facts.ts";
import type { PathTransport } from "../transport.ts";
import { createListener } from "./listener.ts";
import { createLink, createSender } from "./sender.ts";

/** A named pipe: all writers share one stream, in which writes of up to PIPE_BUF bytes stay whole (pipe(7)). */
export const fifo: PathTransport<"fifo", "stream"> = {
  name: "fifo",
  traits: {
    boundary: "stream",
    channel: "shared",
    overload: "blocks",
    closing: "exact",
    atomicBytesMax: PIPE_BUF_BYTES,
  },
  path: { defaultName: "fifo", bytesMax: PATH_BYTES_MAX },
  createListener,
  createSender,
  createLink,
};
