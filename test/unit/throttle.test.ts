import { setImmediate as nextIteration } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { Flow, Throttle } from "../../src/aggregator/throttle.ts";
import { BUSY_GAP_MS, SLEEP_MS_MAX, SLEEP_PEER_SHARE, SLEEP_QUEUE_SHARE } from "../../src/core/tuning.ts";
import type { KernelCapacity, TransportTraits } from "../../src/transports/transport.ts";

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

const TURNS = 400;

/** The fill that a flow comes to when every turn brings the same. */
function fillOf(
  traits: TransportTraits,
  reads: readonly number[],
  lineBytes: number,
  kernelCapacity: KernelCapacity,
): number {
  let lines = 0;
  const flow = new Flow(
    traits,
    () => lines,
    () => {},
  );
  flow.kernelCapacity = kernelCapacity;
  let fill = 0;
  for (let turn = 0; turn < 200; turn++) {
    for (const bytes of reads) {
      flow.note(bytes, 1);
      lines += bytes / lineBytes;
    }
    fill = flow.endIteration();
  }
  return fill;
}

interface Turns {
  readonly traits: TransportTraits;
  /** What arrives in each. */
  readonly bytes: number;
  readonly heldBytes: number;
  /** From one turn to the next, by the clock that the throttle reads. */
  readonly apartMs?: number;
}

/** The milliseconds of rest that are asked for in so many turns. The clock stands still but for what a test adds. */
async function sleepMs(throttle: Throttle, { traits, bytes, heldBytes, apartMs = 0 }: Turns): Promise<number> {
  vi.useFakeTimers({ toFake: ["performance"] });
  const sleep = vi.spyOn(Atomics, "wait").mockReturnValue("timed-out");
  let lines = 0;
  const flow = throttle.flow(traits, () => lines);
  flow.kernelCapacity = () => heldBytes;
  for (let turn = 0; turn < TURNS; turn++) {
    flow.note(bytes, 1);
    lines++;
    await nextIteration();
    vi.advanceTimersByTime(apartMs);
  }
  const asked = sleep.mock.calls.map(([, , , ms]) => ms ?? 0);
  sleep.mockRestore();
  vi.useRealTimers();
  return asked.reduce((sum, ms) => sum + ms, 0);
}

const ROOMY: Turns = { traits: PEERS, bytes: 100, heldBytes: 1e6 };

describe("Flow", () => {
  it("is full of nothing while nothing comes in", () => {
    expect(fillOf(PEERS, [], 200, () => 1000)).toBe(0);
  });

  it("gives each of many senders the same room", () => {
    const one = fillOf(PEERS, [2000], 200, () => 10_000);
    const fifty = fillOf(PEERS, new Array(50).fill(2000), 200, () => 10_000);
    expect(one).toBeCloseTo(0.2 * SLEEP_PEER_SHARE, 6);
    expect(fifty).toBeCloseTo(one, 6);
  });

  it("remembers for a while how many senders there were", () => {
    const flow = new Flow(
      PEERS,
      () => 0,
      () => {},
    );
    flow.kernelCapacity = () => 10_000;
    for (let i = 0; i < 10; i++) flow.note(1000, 1);
    const together = flow.endIteration();
    flow.note(10_000, 1);
    expect(flow.endIteration()).toBeLessThan(1.2 * together);
  });

  it("fills one room for all where they share it", () => {
    expect(fillOf(PIPE, [1000, 1000], 200, () => 64_000)).toBeCloseTo((2000 / 64_000) * SLEEP_QUEUE_SHARE, 6);
  });

  it("asks for the room of lines as long as these, or of messages", () => {
    const asked: number[] = [];
    const kernelCapacity: KernelCapacity = (lineBytes) => {
      asked.push(lineBytes);
      return 1000;
    };
    fillOf(PEERS, [2000], 200, kernelCapacity);
    expect(asked.at(-1)).toBeCloseTo(200, 6);
    fillOf(MESSAGES, [2000], 200, kernelCapacity);
    expect(asked.at(-1)).toBeCloseTo(2000, 6);
  });

  it("is more careful where a full queue drops", () => {
    const udp: TransportTraits = { ...MESSAGES, overload: "drops" };
    const kernelCapacity: KernelCapacity = () => 100_000;
    expect(fillOf(udp, [200], 200, kernelCapacity)).toBeGreaterThan(4 * fillOf(MESSAGES, [200], 200, kernelCapacity));
  });

  it("is full where nothing is known of the room", () => {
    expect(fillOf(PIPE, [1000], 200, () => 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("Throttle", () => {
  it("isThrottled in hot turns, and not when told not to", async () => {
    // Rests have grown to the longest before a hundred turns are over.
    expect(await sleepMs(new Throttle(true), ROOMY)).toBeGreaterThan((TURNS - 100) * SLEEP_MS_MAX);
    expect(await sleepMs(new Throttle(false), ROOMY)).toBe(0);
  });

  it("doesn't rest where turns are further apart than a rest is long", async () => {
    expect(await sleepMs(new Throttle(true), { ...ROOMY, apartMs: BUSY_GAP_MS })).toBe(0);
  });

  it("isThrottled less the more of its senders' room a turn fills", async () => {
    const roomy = await sleepMs(new Throttle(true), { traits: MESSAGES, bytes: 200, heldBytes: 1e6 });
    const full = await sleepMs(new Throttle(true), { traits: MESSAGES, bytes: 200, heldBytes: 200 });
    expect(full).toBeLessThan(roomy / 4);
  });

  it("stops isThrottled when it is told to", async () => {
    const throttle = new Throttle(true);
    expect(await sleepMs(throttle, ROOMY)).toBeGreaterThan(0);
    throttle.stop();
    expect(await sleepMs(throttle, ROOMY)).toBe(0);
  });
});
