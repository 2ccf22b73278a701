import { expect, test } from "vitest";
import { TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { cellMsMax, Pace } from "../../src/lab/run/pace.ts";
import { planOf } from "../../src/lab/run/plan.ts";
import { SCENARIOS } from "../../src/lab/scenarios/scenarios.ts";

const TRACING = { untraceable: undefined, tracesAnyRate: true, unprofilable: "not asked for" };

/** With --quick or without, on a machine that traces, without stacks. */
function cells(quick: boolean): ReturnType<typeof planOf>["cells"] {
  const usual = { transports: TRANSPORT_NAMES, implementations: ["node"], repeats: null } as const;
  const scenarios = SCENARIOS.filter(({ isProfiled }) => !isProfiled);
  return planOf({ ...usual, quick, scenarios, ...TRACING }).cells;
}

test("as long as expected at first, then as long as the cells so far suggest", () => {
  const [first, second] = cells(true);
  if (first === undefined || second === undefined) throw new Error("no cells");
  const pace = new Pace(SCENARIOS);
  const expected = pace.secondsFor([second]);
  expect(expected).toBeGreaterThan(second.parameters.seconds ?? 0);
  pace.took(first, 3 * pace.secondsFor([first]));
  expect(pace.secondsFor([second])).toBeCloseTo(3 * expected, 6);
  expect(pace.secondsFor([second, second])).toBeCloseTo(6 * expected, 6);
});

test("every cell has a limit in whole milliseconds, which AbortSignal.timeout() requires", () => {
  for (const cell of [...cells(true), ...cells(false)]) {
    const scenario = SCENARIOS.find(({ name }) => name === cell.scenario);
    if (scenario === undefined) throw new Error("no scenario");
    const limitMs = cellMsMax(cell, scenario);
    expect([cell.id, Number.isInteger(limitMs)]).toEqual([cell.id, true]);
    expect(limitMs).toBeGreaterThan(30_000);
  }
});

test("the plans are made for two minutes and half an hour", () => {
  const pace = new Pace(SCENARIOS);
  expect(pace.secondsFor(cells(true))).toBeLessThan(120);
  expect(pace.secondsFor(cells(false))).toBeLessThan(0.9 * 30 * 60);
});
