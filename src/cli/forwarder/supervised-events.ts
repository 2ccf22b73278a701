import type { Supervised, Supervision } from "../supervision.ts";
import { formatLag, type Lag } from "./lag-line.ts";
import type { ForwarderCommandEvents } from "./presenters.ts";

/**
 * The same events, reported to the service manager, too. A forwarder is ready when it knows whether it reaches its
 * engine: an outage is part of its work, and doesn't keep a unit from starting.
 */
export function supervisedEvents(
  events: ForwarderCommandEvents,
  supervision: Supervision,
  readLag: () => Lag,
): ForwarderCommandEvents {
  let outage: string | undefined;
  let before = { bytes: 0, atMs: performance.now() };
  const supervised: Supervised = {
    status: () => {
      const lag = readLag();
      const atMs = performance.now();
      const bytesPerSecond = (1000 * (lag.bytes - before.bytes)) / Math.max(1, atMs - before.atMs);
      before = { bytes: lag.bytes, atMs };
      return outage ?? formatLag(lag, bytesPerSecond, Number.POSITIVE_INFINITY);
    },
    isProgressing: () => true, // its event loop runs
  };
  return {
    ...events,
    connected: (at) => {
      events.connected(at);
      outage = undefined;
      supervision.ready(supervised);
    },
    waiting: (reason) => {
      events.waiting(reason);
      outage = reason;
      supervision.ready(supervised);
    },
  };
}
