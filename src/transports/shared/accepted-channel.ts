/** The channel of one accepted connection, as its listener sees it: to pause it with all others, and to end it. */
export interface AcceptedChannel {
  /** Valid until the channel is over. */
  readonly fd: number;
  /** Resolves when the descriptor is closed and the receiver has been told of the end. */
  readonly closed: Promise<void>;
  /** Bytes read so far. */
  readonly bytes: number;
  /** The descriptor is closed; closed resolves soon. */
  readonly over: boolean;
  /** The sender has been answered: it asked for acknowledgements. */
  readonly answered: boolean;
  /** The receiver asked for a pause that isn't over, or the channel is paused. */
  readonly waiting: boolean;
  /** Reads nothing until resume(). */
  pause(): void;
  resume(): void;
  /** Whether something came since this was last asked. */
  wasActive(): boolean;
  /**
   * Reads what the kernel holds, at once, until nothing is left, the connection has ended, or the receiver asks for a
   * pause.
   */
  readRest(): "empty" | "ended" | "paused";
  /** Throws away what the kernel holds. @returns how many bytes that were */
  dropRest(): number;
  /** Closes it now. */
  cut(): void;
  /** Takes nothing more in. An answered sender is still read, and what it says forgotten: it will say it again. */
  stop(): void;
  /** Ends a stopped channel, after what was replied. */
  finish(): Promise<void>;
}
