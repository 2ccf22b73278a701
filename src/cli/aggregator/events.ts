import { isTransient } from "../../core/errors.ts";
import { announcer, type EventOutput } from "../events.ts";
import { type AggregatorEvents, PRESENTERS } from "./presenters.ts";

/** A stalled output, or the same problem with it, is reported at most this often: each recurs twice a second while it lasts. */
const REPORTED_EVERY_MS = 10_000;

/** Reports what happens in an aggregator; what recurs, only now and then. */
export function announceEvents(output: EventOutput): AggregatorEvents {
  const announced = announcer(PRESENTERS, output);
  let stallReported = Number.NEGATIVE_INFINITY;
  let stalled = false;
  let problem = { words: "", reportedAt: 0 };
  return {
    ...announced,
    problem: (error) => {
      const words = error instanceof Error ? error.message : String(error);
      const now = performance.now();
      if (words === problem.words && now - problem.reportedAt < REPORTED_EVERY_MS) return;
      problem = { words, reportedAt: now };
      announced.problem(error);
    },
    stalled: (errno) => {
      if (errno === undefined) {
        if (stalled) announced.stalled(undefined);
        stalled = false;
      } else if (!isTransient(errno) && performance.now() - stallReported >= REPORTED_EVERY_MS) {
        stalled = true;
        stallReported = performance.now();
        announced.stalled(errno);
      }
    },
  };
}
