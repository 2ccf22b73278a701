import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { Flow, Pacing } from "../../src/aggregator/throttle.ts";
import { REST_GAP_MS, REST_MS_MAX, REST_PEER_SHARE, REST_QUEUE_SHARE } from "../../src/core/tuning.ts";
import type { HeldBytes, TransportTraits } from "../../src/transports/transport.ts";

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
function fillOf(traits: TransportTraits, pieces: readonly number[], lineBytes: number, holds: HeldBytes): number {
  let lines = 0;
  const flow = new Flow(
    traits,
    () => lines,
    () => {},
  );
  flow.holds = holds;
  let fill = 0;
  for (let turn = 0; turn < 200; turn++) {
    for (const bytes of pieces) {
      flow.took(bytes, 1);
      lines += bytes / lineBytes;
    }
    fill = flow.turned();
  }
  return fill;
}

interface Turns {
  readonly traits: TransportTraits;
  /** What arrives in each. */
  readonly bytes: number;
  readonly heldBytes: number;
  /** From one turn to the next, by the clock that the pacing reads. */
  readonly apartMs?: number;
}

/** The milliseconds of rest that are asked for in so many turns. The clock stands still but for what a test adds. */
async function restMs(pacing: Pacing, { traits, bytes, heldBytes, apartMs = 0 }: Turns): Promise<number> {
  vi.useFakeTimers({ toFake: ["performance"] });
  const sleep = vi.spyOn(Atomics, "wait").mockReturnValue("timed-out");
  let lines = 0;
  const flow = pacing.flow(traits, () => lines);
  flow.holds = () => heldBytes;
  for (let turn = 0; turn < TURNS; turn++) {
    flow.took(bytes, 1);
    lines++;
    await nextTurn();
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
    expect(one).toBeCloseTo(0.2 * REST_PEER_SHARE, 6);
    expect(fifty).toBeCloseTo(one, 6);
  });

  it("remembers for a while how many senders there were", () => {
    const flow = new Flow(
      PEERS,
      () => 0,
      () => {},
    );
    flow.holds = () => 10_000;
    for (let i = 0; i < 10; i++) flow.took(1000, 1);
    const together = flow.turned();
    flow.took(10_000, 1);
    expect(flow.turned()).toBeLessThan(1.2 * together);
  });

  it("fills one room for all where they share it", () => {
    expect(fillOf(PIPE, [1000, 1000], 200, () => 64_000)).toBeCloseTo((2000 / 64_000) * REST_QUEUE_SHARE, 6);
  });

  it("asks for the room of lines as long as these, or of messages", () => {
    const asked: number[] = [];
    const holds: HeldBytes = (lineBytes) => {
      asked.push(lineBytes);
      return 1000;
    };
    fillOf(PEERS, [2000], 200, holds);
    expect(asked.at(-1)).toBeCloseTo(200, 6);
    fillOf(MESSAGES, [2000], 200, holds);
    expect(asked.at(-1)).toBeCloseTo(2000, 6);
  });

  it("is more careful where a full queue drops", () => {
    const udp: TransportTraits = { ...MESSAGES, overload: "drops" };
    const holds: HeldBytes = () => 100_000;
    expect(fillOf(udp, [200], 200, holds)).toBeGreaterThan(4 * fillOf(MESSAGES, [200], 200, holds));
  });

  it("is full where nothing is known of the room", () => {
    expect(fillOf(PIPE, [1000], 200, () => 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("Pacing", () => {
  it("rests in hot turns, and not when told not to", async () => {
    // Rests have grown to the longest before a hundred turns are over.
    expect(await restMs(new Pacing(true), ROOMY)).toBeGreaterThan((TURNS - 100) * REST_MS_MAX);
    expect(await restMs(new Pacing(false), ROOMY)).toBe(0);
  });

  it("doesn't rest where turns are further apart than a rest is long", async () => {
    expect(await restMs(new Pacing(true), { ...ROOMY, apartMs: REST_GAP_MS })).toBe(0);
  });

  it("rests less the more of its senders' room a turn fills", async () => {
    const roomy = await restMs(new Pacing(true), { traits: MESSAGES, bytes: 200, heldBytes: 1e6 });
    const full = await restMs(new Pacing(true), { traits: MESSAGES, bytes: 200, heldBytes: 200 });
    expect(full).toBeLessThan(roomy / 4);
  });

  it("stops resting when it is told to", async () => {
    const pacing = new Pacing(true);
    expect(await restMs(pacing, ROOMY)).toBeGreaterThan(0);
    pacing.stop();
    expect(await restMs(pacing, ROOMY)).toBe(0);
  });
});
