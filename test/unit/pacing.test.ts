import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Flow, Pacing } from "../../src/app/pacing.ts";
import { REST_MS_MAX } from "../../src/core/limits.ts";
import type { TransportTraits } from "../../src/transports/transport.ts";

const PEERS: TransportTraits = { boundary: "stream", channel: "peer", overload: "blocks", atomicBytesMax: Infinity };
const PIPE: TransportTraits = { boundary: "stream", channel: "shared", overload: "blocks", atomicBytesMax: 4096 };
const MESSAGES: TransportTraits = { boundary: "message", channel: "shared", overload: "blocks", atomicBytesMax: 4096 };

/** A flow whose every turn brings the same. */
function steady(traits: TransportTraits, bytes: number, pieces: number, queue = {}): Flow {
  const flow = new Flow(traits, () => {});
  flow.queues(queue);
  for (let turn = 0; turn < 200; turn++) {
    flow.took(bytes, pieces);
    flow.turned();
  }
  return flow;
}

/** Milliseconds that turns take in which `bytes` arrive. */
async function turnsMs(pacing: Pacing, traits: TransportTraits, bytes: number, queue = {}): Promise<number> {
  const flow = pacing.flow(traits);
  flow.queues(queue);
  const start = performance.now();
  for (let turn = 0; turn < 400; turn++) {
    flow.took(bytes, 1);
    await nextTurn();
  }
  return performance.now() - start;
}

/** The least of several runs: what other programs take of the CPU comes on top, and not every time. */
async function fastestMs(run: () => Promise<number>): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) fastest = Math.min(fastest, await run());
  return fastest;
}

describe("Flow", () => {
  it("is no reason against a rest while nothing comes in", () => {
    expect(new Flow(PEERS, () => {}).turnsHeld()).toBe(Number.POSITIVE_INFINITY);
  });

  it("gives each of many senders the same room", () => {
    const one = steady(PEERS, 200, 1).turnsHeld();
    const fifty = steady(PEERS, 50 * 200, 50).turnsHeld();
    expect(one).toBeCloseTo(fifty, 6);
  });

  it("counts a pipe's bytes, and messages in a queue of messages", () => {
    expect(steady(PIPE, 1000, 1, { bytesMax: 64_000 }).turnsHeld()).toBeCloseTo(16, 3);
    expect(steady(MESSAGES, 200, 1, { messagesMax: 512 }).turnsHeld()).toBeCloseTo(128, 3);
    expect(steady(MESSAGES, 200, 1, { messagesMax: 10 }).turnsHeld()).toBeCloseTo(2.5, 3);
  });

  it("counts what the kernel spends on each message in a queue of bytes", () => {
    expect(steady(MESSAGES, 1024, 1, { bytesMax: 2048 * 400 }).turnsHeld()).toBeCloseTo(100, 3);
  });

  it("is more careful where a full queue drops", () => {
    const udp: TransportTraits = { ...MESSAGES, overload: "drops" };
    const queue = { bytesMax: 2048 * 400 };
    expect(steady(udp, 1024, 1, queue).turnsHeld()).toBeLessThan(steady(MESSAGES, 1024, 1, queue).turnsHeld() / 4);
  });

  it("holds nothing where nothing is known of the queue", () => {
    expect(steady(PIPE, 1000, 1).turnsHeld()).toBe(0);
  });
});

describe("Pacing", () => {
  it("rests in hot turns, and not when told not to", async () => {
    const resting = await fastestMs(() => turnsMs(new Pacing(true), PEERS, 100));
    const low = await fastestMs(() => turnsMs(new Pacing(false), PEERS, 100));
    expect(resting).toBeGreaterThan(100 * (REST_MS_MAX - 0.1));
    expect(low).toBeLessThan(resting);
  });

  it("doesn't rest where senders would wait for it", async () => {
    const resting = await fastestMs(() => turnsMs(new Pacing(true), MESSAGES, 200, { messagesMax: 512 }));
    // A queue that is known to hold some messages may allow a rest when other programs make turns long; this one never does.
    const waiting = await fastestMs(() => turnsMs(new Pacing(true), MESSAGES, 200, { messagesMax: 0 }));
    expect(waiting).toBeLessThan(resting);
  });

  it("stops resting when it is told to", async () => {
    const pacing = new Pacing(true);
    const before = await turnsMs(pacing, PEERS, 100);
    pacing.stop();
    expect(await fastestMs(() => turnsMs(pacing, PEERS, 100))).toBeLessThan(before);
  });
});
