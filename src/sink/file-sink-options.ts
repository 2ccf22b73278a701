import type { Durability } from "./durability.ts";
import type { Forwarding } from "./forwarding.ts";
import type { OutputEvents } from "./output-events.ts";
import type { Output } from "./output-file.ts";
import type { RotationPlan } from "./rotation.ts";

export interface FileSinkOptions {
  /** Bytes that may be in memory before backpressure() asks callers to wait. */
  readonly queueBytesMax: number;
  /** How long flush() and close() together keep trying a file that refuses, milliseconds. */
  readonly closeMsMax: number;
  readonly durability: Durability;
  readonly rotation: RotationPlan;
  /** Undefined where nobody forwards the output. */
  readonly forwarding?: Forwarding | undefined;
  /** Opens the output again by its name. @throws the reason why it can't be */
  open(): Output;
  readonly events: FileSinkEvents;
  /**
   * Lines became durable: how long the oldest of those that arrived together had waited, milliseconds. Called at most
   * about 1000 times per second.
   */
  readonly durable?: ((ms: number) => void) | undefined;
}

export interface FileSinkEvents extends OutputEvents {
  /** The file refuses writes (`errno`), or accepts them again (undefined). */
  stalled(errno: string | undefined): void;
}
