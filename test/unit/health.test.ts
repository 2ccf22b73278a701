import { afterEach, describe, expect, test, vi } from "vitest";
import { problemOf } from "../../src/aggregator/health.ts";
import type { AggregateReadings } from "../../src/aggregator/readings.ts";
import type { Block } from "../../src/forwarder/engines/engine.ts";
import type { ForwarderEvents } from "../../src/forwarder/events.ts";
import { Observations } from "../../src/forwarder/observations.ts";
import { Traffic } from "../../src/forwarder/observed-engine.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** A clock that stands still until it is set. */
function heldClock(): { ms: number } {
  const clock = { ms: 1000 };
  vi.spyOn(performance, "now").mockImplementation(() => clock.ms);
  return clock;
}

describe("an aggregator", () => {
  const readings = (stalled: string | null, waitingSeconds: number): AggregateReadings =>
    ({ ledger: { output: { stalled } }, waitingSeconds }) as AggregateReadings;

  test.each([
    ["nothing waits", null, 0, undefined],
    ["a slow reader of standard output", "EAGAIN", 1, undefined],
    ["a full disk", "ENOSPC", 1, "the output refuses lines (ENOSPC)"],
    ["a busy disk", null, 10, undefined],
    ["a disk that hangs", null, 10.5, "lines have waited for 10 s to be synced"],
  ])("with --durability ack: %s", (...row) => {
    const [, stalled, seconds, problem] = row;
    expect(problemOf(readings(stalled, seconds), { mode: "ack" })).toBe(problem);
  });

  test("lines may wait for the interval of syncs, and 10 s more", () => {
    const durability = { mode: "interval", intervalMs: 60_000 } as const;
    expect(problemOf(readings(null, 70), durability)).toBeUndefined();
    expect(problemOf(readings(null, 71), durability)).toBe("lines have waited for 71 s to be synced");
    expect(problemOf(readings(null, 11), { mode: "none" })).toBe("lines have waited for 11 s to be written");
  });
});

describe("a forwarder", () => {
  const SILENT: ForwarderEvents = {
    connected: () => {},
    waiting: () => {},
    rotated: () => {},
    changed: () => {},
    refilling: () => {},
    warned: () => {},
    rejected: () => {},
  };
  const AT = { target: "memory", file: "a", offset: 0 };

  test("is healthy from its first connection on, and still after an outage of less than 30 s", () => {
    const clock = heldClock();
    const observations = new Observations();
    const events = observations.watch(SILENT);
    expect(observations.problem(0)).toBe("not connected yet");
    events.waiting("nobody\nanswers");
    clock.ms += 2000;
    expect(observations.problem(0)).toBe("nobody answers, for 2 s");
    events.connected(AT);
    expect(observations.problem(0)).toBeUndefined();
    events.waiting("the connection is lost");
    clock.ms += 29_000;
    expect([observations.problem(0), observations.isConnected]).toEqual([undefined, false]);
    clock.ms += 1000;
    expect(observations.problem(0)).toBe("the connection is lost, for 30 s");
    events.connected(AT);
    expect([observations.problem(0), observations.isConnected, observations.outages]).toEqual([undefined, true, 2]);
  });

  test("with a block that is not answered for 30 s is not healthy", () => {
    const clock = heldClock();
    const observations = new Observations();
    observations.watch(SILENT).connected(AT);
    const traffic = new Traffic(() => {});
    const first = traffic.begin(block("a", 0));
    clock.ms += 20_000;
    const second = traffic.begin(block("a", 10));
    clock.ms += 10_000;
    expect(observations.problem(traffic.waitingSeconds)).toBe("a block has been unanswered for 30 s");
    first(true);
    expect(observations.problem(traffic.waitingSeconds)).toBeUndefined();
    second(false);
    expect([traffic.waitingSeconds, traffic.unansweredBlocks]).toEqual([0, 0]);
  });

  test("counts a block as sent again that begins before what was sent of its file", () => {
    const clock = heldClock();
    const seconds: number[] = [];
    const traffic = new Traffic((taken) => seconds.push(taken));
    const end = traffic.begin(block("a", 0));
    traffic.begin(block("a", 10));
    traffic.begin(block("b", 0));
    clock.ms += 500;
    end(true);
    traffic.begin(block("a", 10))(false);
    expect(traffic.sent).toEqual({ blocks: 4, lines: 8, bytes: 40 });
    expect(traffic.resent).toEqual({ blocks: 1, lines: 2, bytes: 10 });
    expect(seconds).toEqual([0.5]);
  });
});

function block(file: string, offset: number): Block {
  return { file, offset, bytes: Buffer.alloc(10), lines: 2, crc: 0, generation: 0 };
}
