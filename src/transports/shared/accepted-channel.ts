/** The channel of one accepted connection, as its listener uses it: to pause it with all others, and to end it. */
export interface AcceptedChannel {
  /** Valid until the channel has ended. */
  readonly fd: number;
  /** Resolves when the descriptor is closed and the receiver's end() was called. */
  readonly closed: Promise<void>;
  /** Bytes read so far. */
  readonly bytes: number;
  /** Whether the descriptor is closed; then `closed` resolves soon. */
  readonly isOver: boolean;
  /** Whether the sender has got replies: it asked for acknowledgements. */
  readonly hasReplies: boolean;
  /** Whether the receiver asked for a pause that isn't over, or the channel is paused. */
  readonly isWaiting: boolean;
  /** Reads nothing until resume(). */
  pause(): void;
  resume(): void;
  /** Whether bytes have arrived since the last call. */
  wasActive(): boolean;
  /**
   * Reads what the kernel has received, synchronously, until nothing is left, the connection has ended, or the receiver
   * asks for a pause.
   */
  readRest(): "empty" | "ended" | "paused";
  /** Drops what the kernel has received. @returns the number of bytes */
  dropRest(): number;
  /** Closes the connection immediately. */
  cut(): void;
  /** Drops all further input. An acknowledged sender has it pending and will send it again. */
  stop(): void;
  /** Ends a stopped channel, after the replies to it. */
  finish(): Promise<void>;
}
