import { expect, test } from "vitest";
import { TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { markdown } from "../../src/report/exporters/markdown.ts";
import { ORIGINAL, ORIGINAL_CALLS } from "../../src/report/original.ts";
import { isBlank } from "../../src/report/reading.ts";
import { runtimes } from "../../src/report/runtimes.ts";
import type { Summary } from "../../src/report/summary.ts";
import { tracingCost } from "../../src/report/tracing-cost.ts";
import { readPage } from "../support/doc-samples.ts";
import { syntheticSummary } from "../support/synthetic-summary.ts";

const summary = syntheticSummary();
const goCells = summary.cells.map((cell) => ({ ...cell, implementation: "go" }));
const withGo: Summary = { ...summary, cells: [...summary.cells, ...goCells] };

test("Go stands beside this project, transport by transport, and the published numbers apart", () => {
  const [latencies, calls] = runtimes(withGo);
  expect(latencies?.rows.map(({ name, cells }) => [name, cells[0]?.text])).toEqual(
    TRANSPORT_NAMES.flatMap((name) => [
      [name, "this project, Node"],
      [name, "Go program, here"],
    ]),
  );
  const programs = calls?.rows.map(({ cells }) => cells[0]?.text) ?? [];
  expect(programs.filter((program) => program === ORIGINAL).length).toBe(TRANSPORT_NAMES.length);
  expect(programs.slice(-TRANSPORT_NAMES.length)).toEqual(TRANSPORT_NAMES.map(() => ORIGINAL));
  for (const { head, rows } of [latencies, calls].filter((table) => table !== undefined)) {
    expect(rows.filter(({ cells }) => cells.length !== head.length - 1)).toEqual([]);
  }
});

test("without Go there is no such table", () => {
  expect(runtimes(summary)).toEqual([]);
});

test("the original's calls are those of docs/analysis.md", () => {
  const rows = readPage("docs/analysis.md").split("\n");
  for (const call of ["epoll_pwait", "futex", "nanosleep", "read", "mmap", "all"]) {
    const row = rows.find((line) => line.startsWith(call === "all" ? "| all | 8" : `| \`${call}\` |`)) ?? "";
    const published = row.split("|").slice(8, 13).map(Number);
    expect([call, ...TRANSPORT_NAMES.map((name) => ORIGINAL_CALLS[name][call])]).toEqual([call, ...published]);
  }
});

test("cells stand beside their traced twins, and those without one are left out", () => {
  const [table] = tracingCost(summary);
  const traced = summary.cells.filter((cell) => !isBlank(cell.traced));
  expect(table?.rows.map(({ name }) => name)).toEqual(traced.map(({ transport }) => transport));
  expect(traced.length).toBe(TRANSPORT_NAMES.length);
  expect(tracingCost(syntheticSummary({ untraced: true })).length).toBeLessThanOrEqual(1);
  const bare = { ...summary, cells: summary.cells.filter(({ scenario }) => scenario === "stall") };
  expect(tracingCost(bare)).toEqual([]);
});

test("report.md has these tables", async () => {
  const text = await markdown.content(withGo);
  expect(text).toContain("## Two runtimes on one kernel, at 10,000 lines/s\n\n| transport | program |");
  expect(text).toContain("## What tracing costs: the same load without tracers, and with them");
  expect(text).toContain(`| fifo | ${ORIGINAL} | 250 |`);
});
