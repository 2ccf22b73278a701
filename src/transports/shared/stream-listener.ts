import { READ_BYTES } from "../../core/tuning.ts";
import type { Listener, ListenerOptions } from "../transport.ts";
import type { ConnectionBinding } from "./connection-binding.ts";
import { type Accepted, ConnectionListener, type PeerLookup } from "./connection-listener.ts";
import { StreamChannel } from "./stream-channel.ts";

/** A listener whose connections are streams, all read into one buffer. */
export function streamListener(
  { accept, ...settings }: ListenerOptions<"stream">,
  bind: () => Promise<ConnectionBinding<StreamChannel>>,
  peers: PeerLookup,
): Listener {
  const memory = Buffer.allocUnsafeSlow(READ_BYTES);
  const open = (accepted: Accepted) => new StreamChannel({ ...accepted, memory, accept });
  return new ConnectionListener(settings, bind, { open, peers });
}
