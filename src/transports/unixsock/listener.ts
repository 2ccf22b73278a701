import type { PathEndpoint } from "../../core/endpoint.ts";
import { closeDescriptor } from "../../os/close-descriptor.ts";
import { AF_UNIX, SHUT_RD, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from "../../os/constants.ts";
import { errnoError, shutdown, socket } from "../../os/libc.ts";
import { peerCredentials } from "../../os/socket-options.ts";
import type { AcceptedChannel } from "../shared/accepted-channel.ts";
import { type ConnectionBinding, INHERITED, startListening } from "../shared/connection-binding.ts";
import type { ConnectionEnding } from "../shared/connection-ending.ts";
import { streamListener } from "../shared/stream-listener.ts";
import { bindUnixPath } from "../shared/unix-path.ts";
import type { Listener, ListenerOptions } from "../transport.ts";

export function createListener(endpoint: PathEndpoint, options: ListenerOptions<"stream">): Listener {
  return streamListener(options, () => bindSocket(endpoint, options), { addressBytes: 0, of: peerCredentials });
}

/**
 * The kernel refuses a sender's next write with EPIPE, and keeps what it accepted before until it is read
 * (unix_stream_sendmsg, net/unix/af_unix.c).
 */
const EXACT: ConnectionEnding<AcceptedChannel> = {
  transitMs: 0,
  ask: ({ fd }) => void shutdown(fd, SHUT_RD),
  freeze: () => {},
};

async function bindSocket(
  endpoint: PathEndpoint,
  { access, inherited }: ListenerOptions<"stream">,
): Promise<ConnectionBinding<AcceptedChannel>> {
  const prepare = (): void => {};
  if (inherited !== undefined)
    return { fd: inherited, listening: { endpoint, advice: [] }, ending: EXACT, prepare, ...INHERITED };
  const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw errnoError("socket");
  try {
    const path = await bindUnixPath(fd, endpoint.path, { access, bound: () => startListening(fd) });
    return {
      fd,
      listening: { endpoint, advice: path.advice },
      ending: EXACT,
      release: () => path.remove(),
      // From here on, connect(2) is refused (unix_stream_connect).
      seal: () => shutdown(fd, SHUT_RD),
      prepare,
    };
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}
