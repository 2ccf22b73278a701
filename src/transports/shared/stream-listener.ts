import { READ_BYTES } from "../../core/tuning.ts";
import type { Listener, ListenerOptions } from "../transport.ts";
import type { OpenInput } from "./channel-input.ts";
import type { ConnectionBinding } from "./connection-binding.ts";
import { type Accepted, ConnectionListener, type PeerLookup } from "./connection-listener.ts";
import { SocketInput } from "./socket-input.ts";
import { StreamChannel } from "./stream-channel.ts";

/** A listener whose connections are streams, all read into one buffer. */
export function streamListener(
  { accept, ...settings }: ListenerOptions<"stream">,
  bind: () => Promise<ConnectionBinding<StreamChannel>>,
  peers: PeerLookup,
): Listener {
  const memory = Buffer.allocUnsafeSlow(READ_BYTES);
  const openInput: OpenInput = (fd, receiver) => new SocketInput(fd, memory, receiver);
  const open = (accepted: Accepted) => new StreamChannel({ ...accepted, openInput, accept });
  return new ConnectionListener(settings, bind, { open, peers });
}
