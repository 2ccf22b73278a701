import { describe, expect, test } from "vitest";
import { TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { bisect } from "../../src/lab/run/bisection.ts";
import { type PlanOptions, planOf } from "../../src/lab/run/plan.ts";
import { SCENARIOS } from "../../src/lab/scenarios/scenarios.ts";

const ALL: PlanOptions = {
  quick: true,
  transports: TRANSPORT_NAMES,
  scenarios: SCENARIOS,
  implementations: ["node"],
  repeats: null,
  untraceable: undefined,
  unprofilable: undefined,
};

function only(name: string): PlanOptions["scenarios"] {
  return SCENARIOS.filter((scenario) => scenario.name === name);
}

describe("a plan", () => {
  test("has both implementations side by side, and says which loads the Go programs are not measured under", () => {
    const { cells, skipped } = planOf({ ...ALL, quick: false, implementations: ["node", "go"], repeats: 1 });
    const go = cells.filter(({ implementation, traced }) => implementation === "go" && !traced);
    expect(new Set(go.map(({ scenario }) => scenario))).toEqual(
      new Set(["reference", "paced", "flood", "loss-onset", "sizes", "senders", "stall"]),
    );
    expect(Math.max(...go.map(({ parameters }) => parameters.messageBytes))).toBeLessThan(65_536);
    const reasons = skipped.filter(({ implementation }) => implementation === "go");
    expect(reasons.map(({ scenario }) => scenario)).toEqual(expect.arrayContaining(["sizes", "restart", "ack"]));
    expect(skipped.some(({ implementation }) => implementation === "node")).toBe(false);
  });

  test("has each cell once", () => {
    for (const quick of [true, false]) {
      const ids = planOf({ ...ALL, quick }).cells.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.length).toBeGreaterThan(60);
    }
  });

  test("goes through all transports before it repeats, beginning with another one each time", () => {
    const { cells } = planOf({ ...ALL, scenarios: only("flood"), repeats: 6 });
    const rounds = Array.from({ length: 6 }, (_, i) => cells.slice(5 * i, 5 * i + 5));
    for (const [i, round] of rounds.entries()) {
      expect(round.map(({ repeat }) => repeat)).toEqual(Array(5).fill(i + 1));
      expect(round.map(({ transport }) => transport).toSorted()).toEqual(TRANSPORT_NAMES.toSorted());
    }
    expect(rounds.map(([first]) => first?.transport)).toEqual([...TRANSPORT_NAMES, "unixsock"]);
  });

  test("measures every load before it measures one again", () => {
    const { cells } = planOf({ ...ALL, scenarios: only("paced"), transports: ["tcp"], repeats: 2 });
    expect(cells.map(({ variant, repeat }) => [variant, repeat])).toEqual([
      ["10000", 1],
      ["100000", 1],
      ["10000", 2],
      ["100000", 2],
    ]);
  });

  test("has a traced twin where something traces", () => {
    const scenarios = only("reference");
    const ids = planOf({ ...ALL, scenarios, transports: ["udp"] }).cells.map(({ id }) => id);
    expect(ids).toEqual(["reference/-/udp/node/1", "reference/-/udp/node/1/traced"]);
    const untraced = planOf({ ...ALL, scenarios, transports: ["udp"], untraceable: "no root" }).cells;
    expect(untraced.map(({ traced }) => traced)).toEqual([false]);
  });

  test("traces each load but a bisection where the tracer keeps up, and only without --quick", () => {
    const traced = (options: Partial<PlanOptions>): string[] =>
      planOf({ ...ALL, transports: ["tcp"], tracesAnyRate: true, ...options })
        .cells.filter((cell) => cell.traced && !cell.id.startsWith("profile/"))
        .map(({ id }) => id);
    expect(traced({})).toEqual(["reference/-/tcp/node/1/traced"]);
    expect(traced({ quick: false, tracesAnyRate: false })).toEqual([
      "reference/-/tcp/node/1/traced",
      "ack/50/tcp/node/1/traced",
    ]);
    const all = traced({ quick: false });
    expect(all).toEqual(expect.arrayContaining(["paced/100000/tcp/node/1/traced", "restart/-/tcp/node/1/traced"]));
    expect(all.filter((id) => id.startsWith("loss-onset"))).toEqual([]);
    expect(all.every((id) => id.endsWith("/1/traced"))).toBe(true);
  });

  test("says what it leaves out, and why", () => {
    const { skipped } = planOf({ ...ALL, scenarios: [...only("paced"), ...only("sizes")] });
    expect(skipped).toEqual([
      { scenario: "paced", variant: "1000", why: "not in --quick" },
      { scenario: "paced", variant: "50000", why: "not in --quick" },
      { scenario: "sizes", why: "not in --quick" },
    ]);
    const full = planOf({ ...ALL, quick: false, scenarios: [...only("sizes"), ...only("ack")] });
    const left = full.skipped.map(({ scenario, variant, transport }) => [scenario, variant, transport].join("/"));
    expect(left).toEqual(
      expect.arrayContaining([
        "sizes/4097/fifo",
        "sizes/65536/udp",
        "sizes/204800/udp",
        "ack/50/fifo",
        "ack/10000/unixgram",
      ]),
    );
    expect(full.cells.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["sizes/4096/fifo/node/1", "sizes/204800/unixgram/node/1", "ack/10000/unixsock/node/3"]),
    );
  });
});

describe("the highest rate without loss", () => {
  const upTo = (most: number) => async (rate: number) => ({ lost: rate > most ? 1 : 0, late: 0 });
  const range = { lowest: 5000, highest: 640_000, steps: 12 };

  test("is found to a thousand lines/s", async () => {
    for (const most of [5000, 5999, 37_500, 100_000, 639_999]) {
      const onset = await bisect(range, upTo(most));
      expect(onset).toMatchObject({ isLimit: false });
      expect(most - (onset?.linesPerSecond ?? 0)).toBeLessThan(1000);
      expect(onset?.linesPerSecond).toBeLessThanOrEqual(most);
    }
  });

  test("is at least the highest that was tried, or unknown", async () => {
    expect(await bisect(range, upTo(1e9))).toEqual({
      linesPerSecond: 640_000,
      isLimit: true,
      tried: [{ linesPerSecond: 640_000, lost: 0, late: 0 }],
    });
    expect(await bisect(range, upTo(100))).toBeUndefined();
  });

  test("survives what another program does for a moment", async () => {
    let trials = 0;
    const onset = await bisect(range, async (rate) => ({ lost: 0, late: ++trials === 3 || rate > 50_000 ? 7 : 0 }));
    expect(onset?.linesPerSecond).toBe(50_000);
  });

  test("is one at which no line is late either", async () => {
    const onset = await bisect(range, async (rate) => ({ lost: 0, late: rate > 50_000 ? 7 : 0 }));
    expect(onset?.linesPerSecond).toBe(50_000);
  });
});
