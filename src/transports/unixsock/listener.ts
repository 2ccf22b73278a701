import { closeSync } from "node:fs";
import type { PathEndpoint } from "../../core/endpoint.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from "../../os/constants.ts";
import { errnoError, socket } from "../../os/libc.ts";
import { socketCharge } from "../../os/socket-memory.ts";
import { readSysctl } from "../../os/sysctl.ts";
import { type StreamBinding, StreamListener, startListening } from "../shared/stream-listener.ts";
import { bindUnixPath } from "../shared/unix-path.ts";
import type { Listener, ListenerOptions } from "../transport.ts";

export function createListener(endpoint: PathEndpoint, options: ListenerOptions<"stream">): Listener {
  return new StreamListener(options, () => bindSocket(endpoint));
}

async function bindSocket(endpoint: PathEndpoint): Promise<StreamBinding> {
  const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw errnoError("socket");
  try {
    const path = await bindUnixPath(fd, endpoint.path, () => startListening(fd));
    const sendBufferBytes = readSysctl("net.core.wmem_default") ?? 0;
    return {
      fd,
      listening: {
        endpoint,
        // A sender that writes line by line fills its send buffer soonest, so that is assumed.
        holds: (lineBytes) => (lineBytes * sendBufferBytes) / socketCharge(lineBytes),
        advice: path.advice,
      },
      transitMs: 0,
      release: () => path.remove(),
      prepare: () => {},
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
