import { LISTEN_BACKLOG } from "../../core/tuning.ts";
import { errnoError, listen } from "../../os/libc.ts";
import type { Listening } from "../transport.ts";
import type { AcceptedChannel } from "./accepted-channel.ts";
import type { ConnectionEnding } from "./connection-ending.ts";

/** A bound, listening socket, and how it and its connections are ended. */
export interface ConnectionBinding<C extends AcceptedChannel> {
  readonly fd: number;
  readonly listening: Listening;
  readonly ending: ConnectionEnding<C>;
  /** Whether the socket stays open in another process: then it is neither released nor sealed. */
  readonly isInherited?: true;
  /** Releases the address; close() calls this first. */
  release(): void;
  /**
   * Makes the kernel refuse new connections; those that it has queued can still be accepted. This changes the socket
   * itself, so it must not be done to a socket on which other processes listen too.
   */
  seal(): void;
  /** Sets the options of an accepted socket. */
  prepare(fd: number): void;
}

/** What an inherited socket, which is bound and listens, lets a listener do with its address: nothing. */
export const INHERITED: Pick<ConnectionBinding<never>, "isInherited" | "release" | "seal"> = {
  isInherited: true,
  release: () => {},
  seal: () => {},
};

/** listen(2) with our backlog. @throws the system error */
export function startListening(fd: number): void {
  if (listen(fd, LISTEN_BACKLOG) < 0) throw errnoError("listen");
}

/** Accepted connections that aren't ready yet, whose number is limited. */
export interface Openings {
  readonly isFull: boolean;
  /** Set by the listener; to be called when it isn't full any more. */
  onFree: () => void;
}
