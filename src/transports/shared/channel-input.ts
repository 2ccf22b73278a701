import type { Socket } from "node:net";

/** Receives what a channel's input has read. */
export interface InputReceiver {
  /** The connection carries a sender's bytes from now on. Called at most once, before the first bytes. */
  begin(): void;
  /** @returns false to get nothing more until resume() */
  receive(chunk: Buffer): boolean;
  /** Whether the receiver, or the listener, has asked for a pause that isn't over. */
  readonly isWaiting: boolean;
}

/** An accepted connection as its channel reads it: the bytes as they arrive, or what TLS makes of them. */
export interface ChannelInput {
  /** Bytes read from the kernel, as far as they were passed on or are part of what will be. */
  readonly bytes: number;
  /** Whether the descriptor is closed; then `closed` resolves soon. */
  readonly isOver: boolean;
  /** Resolves when the descriptor is closed and all bytes are passed on. */
  readonly closed: Promise<void>;
  /** What replies are written to. Valid once bytes were received. */
  readonly output: Socket;
  pause(): void;
  resume(): void;
  /** Asks the sender to stop. What it still sends is read. */
  end(): void;
  /** Closes the connection immediately. */
  destroy(): void;
  /** See AcceptedChannel. */
  readRest(): "empty" | "ended" | "paused";
  /** See AcceptedChannel. */
  dropRest(): number;
}

/** Begins to read an accepted, non-blocking socket, which the input owns from now on. */
export type OpenInput = (fd: number, receiver: InputReceiver) => ChannelInput;
