import { UDP_MESSAGE_BYTES_MAX } from "../../core/kernel-facts.ts";
import type { InetTransport } from "../transport.ts";
import { createListener } from "./listener.ts";
import { createLink, createSender } from "./sender.ts";

/** UDP: nobody waits; the kernel drops and counts what doesn't fit in the receive buffer. */
export const udp: InetTransport<"udp", "message"> = {
  name: "udp",
  traits: {
    boundary: "message",
    channel: "shared",
    overload: "drops",
    closing: "drops",
    atomicBytesMax: UDP_MESSAGE_BYTES_MAX,
  },
  createListener,
  createSender,
  createLink,
};
