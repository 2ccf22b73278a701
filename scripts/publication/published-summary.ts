import { readFileSync } from "node:fs";
import { mainCells } from "../../src/report/cells.ts";
import { blank, type Reading } from "../../src/report/reading.ts";
import { type CellSummary, READINGS, type ReadingName, type Summary } from "../../src/report/summary.ts";

/** What the README shows is made from these readings of `paced`; everything else is left out of the repository. */
const KEPT: readonly ReadingName[] = ["lostShare", "lateShare", "p50Ns", "p99Ns", "cpuUs", "linesPerSecond"];
/** Of other loads, whether lines were lost: the ranking asks for it. */
const KEPT_OF_OTHERS: readonly ReadingName[] = ["lostShare"];

const LEFT_OUT = blank("not published");

type PublishedCell = Omit<CellSummary, "readings"> & { readonly readings: Partial<CellSummary["readings"]> };

/** The part of a run's summary that is published, as JSON with one line per cell. */
export function publishedText(summary: Summary): string {
  const plotted = mainCells(summary);
  const cells = summary.cells
    .filter(({ scenario, implementation }) => implementation === "node" && scenario !== "profile")
    .map((cell): PublishedCell => {
      const kept = cell.scenario === "paced" ? KEPT : KEPT_OF_OTHERS;
      const readings = Object.fromEntries(kept.map((name) => [name, cell.readings[name]]));
      const isPlotted = plotted.includes(cell) && "curve" in cell.latency;
      const latency = isPlotted ? { ...cell.latency, bins: [] } : LEFT_OUT;
      const left = { stages: LEFT_OUT, timeline: LEFT_OUT, stacks: LEFT_OUT, traced: LEFT_OUT, allCalls: LEFT_OUT };
      return { ...cell, ...left, readings, latency, lost: {}, calls: { sender: LEFT_OUT, aggregator: LEFT_OUT } };
    });
  const head = JSON.stringify({ ...summary, cells: [], missing: [], claims: [] }, undefined, 1);
  const lines = cells.map((cell) => JSON.stringify(cell, rounded)).join(",\n  ");
  return head.replace('"cells": []', `"cells": [\n  ${lines}\n ]`).concat("\n");
}

/** Four digits are more than any interval is worth. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

/** What publishedText() wrote, as reports are made from. */
export function readPublished(path: string): Summary {
  const published: Summary = JSON.parse(readFileSync(path, "utf8"));
  const names = Object.keys(READINGS) as ReadingName[];
  const cells = published.cells.map((cell) => {
    const readings = names.map((name): [string, Reading] => [name, cell.readings[name] ?? LEFT_OUT]);
    return { ...cell, readings: Object.fromEntries(readings) as Record<ReadingName, Reading> };
  });
  return { ...published, cells };
}
