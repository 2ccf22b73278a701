import { READ_BYTES } from "../../core/tuning.ts";
import type { Listener, ListenerOptions } from "../transport.ts";
import { type ConnectionBinding, ConnectionListener } from "./connection-listener.ts";
import { type PeerOf, StreamChannel } from "./stream-channel.ts";

/** A listener whose connections are streams, all read into one buffer. */
export function streamListener(
  { accept, ...settings }: ListenerOptions<"stream">,
  bind: () => Promise<ConnectionBinding<StreamChannel>>,
  peerOf: PeerOf,
): Listener {
  const memory = Buffer.allocUnsafeSlow(READ_BYTES);
  const open = (id: number, fd: number, onPause: () => void) =>
    new StreamChannel({ id, fd, memory, accept, peerOf, onPause });
  return new ConnectionListener(settings, bind, { open, peerOf });
}
