import type { Endpoint } from "../../core/endpoint.ts";
import type { DescriptorLink } from "../../transports/shared/descriptor-link.ts";
import type { UnsentClass } from "../../transports/transport.ts";

/** How a carrier reaches the aggregator. */
export interface Reach {
  /** Whether nothing can be sent now, and an aggregator was never there or can't be waited for. */
  readonly isOutOfReach: boolean;
  /** Why the last attempt failed; undefined when the aggregator has taken something since. */
  readonly failure: unknown;
  /** Tries now, and then again and again. */
  open(): void;
  /** Blocks for up to `ms` until something can be done, and does it. For a program that exits. */
  step(ms: number): void;
}

/** Brings blocks of whole lines to an aggregator, one after another, and never waits. */
export interface Carrier {
  readonly connection: Reach;
  /** Whether a block has to wait: for the aggregator, or for the block before it. */
  readonly isBusy: boolean;
  /** Memory of lines that are not acknowledged yet. */
  readonly heldBytes: number;
  /** Lines that were carried, and that are not sent, or not acknowledged where that is asked for. */
  readonly waiting: number;
  /** Takes a block, which must not change while isBusy is true. Don't call it while it is true before the call. */
  carry(block: Buffer, lines: number): void;
  /** Ends the connection, and counts the lines that still wait as unsent. */
  close(): Promise<void> | void;
}

export interface CarrierOptions {
  readonly endpoint: Endpoint;
  readonly link: (unsent: CarrierOptions["unsent"]) => DescriptorLink;
  /** Lines that were not sent, or may be lost, by class. */
  unsent(kind: UnsentClass, lines: number): void;
  /** Something was sent or acknowledged, or can be sent. */
  progress(): void;
}
