import type { Refusal } from "./engines/engine.ts";
import type { FileChange, ForwarderEvents } from "./events.ts";

/** How long a forwarder may be without a connection, and a block without an answer: an election takes 10 s (measured). */
const OUTAGE_SECONDS_MAX = 30;

/** What happens in a forwarder, counted, and whether that is healthy. */
export class Observations {
  outages = 0;
  rotations = 0;
  refills = 0;
  readonly changes: Record<FileChange, number> = { copied: 0, shortened: 0, replaced: 0, gone: 0 };
  /** Lines. */
  readonly rejected: Record<Refusal["reason"], number> = { tooLong: 0, refused: 0, unnamed: 0 };
  #outage: { readonly reason: string; readonly sinceMs: number } | undefined;
  #wasConnected = false;

  get isConnected(): boolean {
    return this.#wasConnected && this.#outage === undefined;
  }

  /** The same events, which are counted before they are reported. */
  watch<Events extends ForwarderEvents>(events: Events): Events {
    return {
      ...events,
      connected: (at) => {
        this.#wasConnected = true;
        this.#outage = undefined;
        events.connected(at);
      },
      waiting: (reason) => {
        this.outages++;
        this.#outage = { reason, sinceMs: performance.now() };
        events.waiting(reason);
      },
      rotated: (at) => {
        this.rotations++;
        events.rotated(at);
      },
      refilling: (at) => {
        this.refills++;
        events.refilling(at);
      },
      changed: (change, at) => {
        this.changes[change]++;
        events.changed(change, at);
      },
      rejected: (refusal) => {
        this.rejected[refusal.reason] += refusal.lines;
        events.rejected(refusal);
      },
    };
  }

  /**
   * Why the forwarder isn't healthy, on one line: it has never been connected, or not for 30 s, or a block has been without
   * an answer for as long. Undefined while it is healthy.
   *
   * @param waitingSeconds how long the oldest block has been without an answer
   */
  problem(waitingSeconds: number): string | undefined {
    if (this.#outage !== undefined) {
      const seconds = (performance.now() - this.#outage.sinceMs) / 1000;
      const isShort = this.#wasConnected && seconds < OUTAGE_SECONDS_MAX;
      return isShort ? undefined : `${oneLine(this.#outage.reason)}, for ${Math.floor(seconds)} s`;
    }
    if (!this.#wasConnected) return "not connected yet";
    if (waitingSeconds < OUTAGE_SECONDS_MAX) return undefined;
    return `a block has been unanswered for ${Math.floor(waitingSeconds)} s`;
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}
