import { closeSync } from "node:fs";
import type { PathEndpoint } from "../../core/endpoint.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from "../../os/constants.ts";
import { errnoError, socket } from "../../os/libc.ts";
import { type StreamBinding, StreamListener, startListening } from "../shared/stream-listener.ts";
import { bindUnixPath } from "../shared/unix-path.ts";
import type { Listener, ListenerOptions } from "../transport.ts";

export function createListener(endpoint: PathEndpoint, options: ListenerOptions): Listener {
  return new StreamListener(options, () => bindSocket(endpoint));
}

async function bindSocket(endpoint: PathEndpoint): Promise<StreamBinding> {
  const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw errnoError("socket");
  try {
    const path = await bindUnixPath(fd, endpoint.path, () => startListening(fd));
    return { fd, listening: { endpoint, advice: [] }, transitMs: 0, release: () => path.remove(), prepare: () => {} };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
