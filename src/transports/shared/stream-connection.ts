import { connect, type NetConnectOpts, type Socket } from "node:net";
import { findListener, type ListenerSearch } from "./listener-search.ts";

/**
 * Connects to a listener. The caller reads the socket.
 *
 * @throws as findListener()
 */
export function openConnection(search: ListenerSearch, target: NetConnectOpts): Promise<Socket> {
  return findListener(search, () => connected(target, search.signal));
}

/** A connected socket that isn't read yet. @throws the system error, or the signal's reason */
export function connected(target: NetConnectOpts, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(target);
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    const removeListeners = (): void => {
      signal.removeEventListener("abort", abort);
      socket.off("connect", succeed);
    };
    const succeed = (): void => {
      removeListeners();
      resolve(socket);
    };
    signal.addEventListener("abort", abort, { once: true });
    socket.once("connect", succeed);
    // Without this listener a later error would end the process.
    socket.on("error", (error) => {
      removeListeners();
      reject(error);
    });
  });
}
