import { setImmediate as nextIteration } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { Flow, Throttle } from "../../src/aggregator/throttle.ts";
import {
  BUSY_GAP_MS,
  SLEEP_BYTES_PER_SENDER,
  SLEEP_BYTES_SHARED,
  SLEEP_MS_MAX,
  SLEEP_QUEUE_SHARE,
} from "../../src/core/tuning.ts";
import type { TransportTraits } from "../../src/transports/transport.ts";

const PEERS: TransportTraits = {
  boundary: "stream",
  channel: "peer",
  overload: "blocks",
  closing: "exact",
  atomicBytesMax: Infinity,
};
const PIPE: TransportTraits = {
  boundary: "stream",
  channel: "shared",
  overload: "blocks",
  closing: "exact",
  atomicBytesMax: 4096,
};
const MESSAGES: TransportTraits = {
  boundary: "message",
  channel: "shared",
  overload: "blocks",
  closing: "exact",
  atomicBytesMax: 4096,
};

const ITERATIONS = 400;

interface Input {
  readonly traits: TransportTraits;
  readonly queuedMessages?: number;
  /** What each iteration brings: bytes per read. */
  readonly reads: readonly number[];
}

function noteReads(flow: Flow, reads: readonly number[]): void {
  for (const bytes of reads) flow.note(bytes, 1);
}

/** The fill of a flow's iteration after many that brought the same. */
function fillOf({ traits, queuedMessages, reads }: Input): number {
  const flow = new Flow(traits, () => {});
  flow.queuedMessages = queuedMessages;
  let fill = 0;
  for (let iteration = 0; iteration < 200; iteration++) {
    noteReads(flow, reads);
    fill = flow.endIteration();
  }
  return fill;
}

/**
 * The milliseconds of sleep that are asked for in so many iterations, which follow one another after `apartMs`. The clock
 * stands still except for what the test adds.
 */
async function sleepMs(throttle: Throttle, { traits, reads }: Input, apartMs = 0): Promise<number> {
  vi.useFakeTimers({ toFake: ["performance"] });
  const sleep = vi.spyOn(Atomics, "wait").mockReturnValue("timed-out");
  const flow = throttle.flow(traits);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    noteReads(flow, reads);
    await nextIteration();
    vi.advanceTimersByTime(apartMs);
  }
  const asked = sleep.mock.calls.map(([, , , ms]) => ms ?? 0);
  sleep.mockRestore();
  vi.useRealTimers();
  return asked.reduce((sum, ms) => sum + ms, 0);
}

const LITTLE: Input = { traits: PEERS, reads: [100] };

describe("Flow", () => {
  it("has no fill while nothing arrives", () => {
    expect(fillOf({ traits: PEERS, reads: [] })).toBe(0);
  });

  it("allows each of many senders the same number of bytes", () => {
    const one = fillOf({ traits: PEERS, reads: [2000] });
    const fifty = fillOf({ traits: PEERS, reads: new Array(50).fill(2000) });
    expect(one).toBeCloseTo(2000 / SLEEP_BYTES_PER_SENDER, 6);
    expect(fifty).toBeCloseTo(one, 6);
  });

  it("remembers for a while how many senders there were", () => {
    const flow = new Flow(PEERS, () => {});
    noteReads(flow, new Array(10).fill(1000));
    const together = flow.endIteration();
    flow.note(10_000, 1);
    expect(flow.endIteration()).toBeLessThan(1.2 * together);
  });

  it("allows all senders of a shared channel the same bytes together", () => {
    expect(fillOf({ traits: PIPE, reads: [1000, 1000] })).toBeCloseTo(2000 / SLEEP_BYTES_SHARED, 6);
  });

  it("counts messages, not bytes, where the kernel limits their number", () => {
    const fill = fillOf({ traits: MESSAGES, queuedMessages: 512, reads: [200, 9000] });
    expect(fill).toBeCloseTo((2 * SLEEP_QUEUE_SHARE) / 512, 6);
  });

  it("allows less where overflow is dropped", () => {
    const udp: TransportTraits = { ...MESSAGES, overload: "drops" };
    expect(fillOf({ traits: udp, reads: [200] })).toBeGreaterThan(4 * fillOf({ traits: PIPE, reads: [200] }));
  });

  it("is full when the length of the queue isn't known", () => {
    expect(fillOf({ traits: MESSAGES, queuedMessages: 0, reads: [200] })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("Throttle", () => {
  it("sleeps when the event loop is busy, and never with --latency low", async () => {
    // Sleeps have grown to the longest within the first hundred iterations.
    expect(await sleepMs(new Throttle(true), LITTLE)).toBeGreaterThan((ITERATIONS - 100) * SLEEP_MS_MAX);
    expect(await sleepMs(new Throttle(false), LITTLE)).toBe(0);
  });

  it("doesn't sleep when iterations are further apart than a busy event loop's", async () => {
    expect(await sleepMs(new Throttle(true), LITTLE, BUSY_GAP_MS)).toBe(0);
  });

  it("sleeps less, the more an iteration brings", async () => {
    const little = await sleepMs(new Throttle(true), LITTLE);
    const much = await sleepMs(new Throttle(true), { traits: PEERS, reads: [SLEEP_BYTES_PER_SENDER * 2] });
    expect(much).toBeLessThan(little / 4);
  });

  it("never sleeps again once stopped", async () => {
    const throttle = new Throttle(true);
    expect(await sleepMs(throttle, LITTLE)).toBeGreaterThan(0);
    throttle.stop();
    expect(await sleepMs(throttle, LITTLE)).toBe(0);
  });
});
