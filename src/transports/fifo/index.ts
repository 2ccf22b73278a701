import { PIPE_BUF_BYTES } from "../../core/limits.ts";
import type { Transport } from "../transport.ts";
import { createListener } from "./listener.ts";
import { createSender } from "./sender.ts";

/** A named pipe: all writers share one stream, whole up to PIPE_BUF a write (pipe(7)). */
export const fifo: Transport = {
  name: "fifo",
  traits: { boundary: "stream", channel: "shared", overload: "blocks", atomicBytesMax: PIPE_BUF_BYTES },
  createListener,
  createSender,
};
