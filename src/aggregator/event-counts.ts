import { isTransient } from "../core/errors.ts";
import type { AggregateEvents } from "./aggregator.ts";

/** Events that are counted as they happen. */
export interface EventCounts {
  rotations: number;
  reopened: number;
  repaired: number;
  /** Failures of the disk, by what was tried. */
  readonly errors: { write: number; sync: number; replace: number };
}

export function eventCounts(): EventCounts {
  return { rotations: 0, reopened: 0, repaired: 0, errors: { write: 0, sync: 0, replace: 0 } };
}

/** The same events, which are counted before they are reported. */
export function countingEvents<Events extends Partial<AggregateEvents>>(events: Events, counts: EventCounts): Events {
  return {
    ...events,
    rotated: (rotated: string) => {
      counts.rotations++;
      events.rotated?.(rotated);
    },
    reopened: (rescued: number) => {
      counts.reopened++;
      events.reopened?.(rescued);
    },
    repaired: (repair) => {
      counts.repaired++;
      events.repaired?.(repair);
    },
    suspect: (rotated, error) => {
      counts.errors.sync++;
      events.suspect?.(rotated, error);
    },
    problem: (error) => {
      counts.errors.replace++;
      events.problem?.(error);
    },
    stalled: (errno) => {
      if (errno !== undefined && !isTransient(errno)) counts.errors.write++;
      events.stalled?.(errno);
    },
  } satisfies Partial<AggregateEvents> as Events;
}
