import type { UnsentClass } from "../transport.ts";

/** What is needed before the rest of a block can be sent: a writable descriptor, kernel memory, or another listener. */
export type Needed = "writable" | "memory" | "listener";

/**
 * How one transport sends through a descriptor. Keeps the current block, so that nothing is lost when it has to wait.
 */
export interface DescriptorLink {
  /** What the kernel accepted waits for the next listener, as long as a descriptor is open. */
  readonly outlivesListener?: boolean;
  /** Opens a non-blocking descriptor that leads to the listener. @throws the system error */
  connect(): number | Promise<number>;
  /** Makes a block of whole lines the current one. Pass `lines`, their number, where it is known. */
  load(block: Buffer, lines?: number): void;
  /** Sends until nothing is left (undefined) or something is needed. @throws what ends the sender */
  push(fd: number): Needed | undefined;
  /** Drops the rest of the current block. @returns the number of its lines */
  unload(): number;
  /** Called before a descriptor is closed, to read its last error. */
  beforeClose?(fd: number): void;
  /**
   * Reads what the listener sent, which is ignored. Missing where a listener can't send anything.
   *
   * @returns whether another listener is needed, because this one has closed or is about to: at once, or after the line
   *   that is begun, which push() then ends
   */
  ending?(fd: number): "no" | "after the line" | "now";
  /** Lines of the current block that are still to be sent. Missing where none can be sent and then be in doubt. */
  linesLeft?(): number;
}

export interface LinkOptions {
  /** Reports lines that were not sent, or may be lost, by class (see UnsentClass). */
  unsent(kind: UnsentClass, lines: number): void;
}
