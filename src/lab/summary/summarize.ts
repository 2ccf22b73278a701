import type { TransportName } from "../../core/transport-name.ts";
import { hasPath } from "../../core/transport-name.ts";
import { type Blank, blank, type Reading } from "../../report/reading.ts";
import {
  type CellSummary,
  type Claim,
  type ReadingName,
  type StageMeans,
  SUMMARY_SCHEMA,
  type Summary,
  type TracedReadings,
  type TransportFacts,
} from "../../report/summary.ts";
import { REGISTRY } from "../../transports/registry.ts";
import type { CellLine } from "../results/cell-line.ts";
import { measured } from "../results/measured.ts";
import type { Results } from "../results/results-file.ts";
import type { PlannedCell } from "../results/run-line.ts";
import { STAGES } from "../results/stages.ts";
import { allCallsOf, callsOf } from "./calls.ts";
import { latencySummary } from "./latency.ts";
import { namedReading, READ, readingOf } from "./readings.ts";
import { machineFacts, missingCells, otherShare } from "./run-facts.ts";
import { sendStacks } from "./stacks.ts";

/**
 * The results of a run as reports show them: all repeats of a cell together, with medians and intervals.
 *
 * @param folder that of the results, which paths of stacks are relative to
 */
export function summarize(results: Results, folder: string, claims: readonly Claim[] = []): Summary {
  const { run, cells } = results;
  const { options, environment } = run;
  return {
    schema: SUMMARY_SCHEMA,
    run: {
      id: run.run,
      startedAt: run.startedAt,
      quick: options.quick,
      root: environment.root,
      planned: run.plan.length,
      measured: cells.length,
      collectors: collectorsOf(cells),
      aggregatorOptions: run.configuration.aggregator,
      producerOptions: run.configuration.producer,
    },
    machine: {
      cpu: environment.cpu,
      cores: environment.cores,
      kernel: environment.kernel,
      node: environment.versions["node"]?.replace(/^v/, "") ?? "",
      otherCores: otherShare(cells),
      facts: machineFacts(results),
    },
    transports: options.transports.map(factsOf),
    cells: [...grouped(cells).values()]
      .filter((group) => !lacksTwin(group, run.plan))
      .map((group) => cellSummary(group, folder)),
    missing: missingCells(results),
    claims,
  };
}

function grouped(cells: readonly CellLine[]): Map<string, CellLine[]> {
  const groups = new Map<string, CellLine[]>();
  for (const cell of cells) {
    const key = [cell.scenario, cell.variant, cell.transport, cell.implementation].join("/");
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return groups;
}

/** Whether only the traced cell was measured, and not the one without tracers: its times and costs would pass for those of the load. */
function lacksTwin(group: readonly CellLine[], plan: readonly PlannedCell[]): boolean {
  if (group.some(({ traced }) => !traced)) return false;
  const twins = new Set(group.map(({ id }) => id.replace(/\/traced$/, "")));
  return plan.some(({ id }) => twins.has(id));
}

function cellSummary(cells: readonly CellLine[], folder: string): CellSummary {
  const [first] = cells;
  if (first === undefined) throw new RangeError("a group has a cell");
  const { scenario, variant, transport, implementation, parameters } = first;
  const { senders, linesPerSecond, messageBytes, seconds } = parameters;
  const names = Object.keys(READ) as ReadingName[];
  const readings = Object.fromEntries(names.map((name) => [name, namedReading(cells, name)]));
  return {
    scenario,
    variant,
    transport,
    implementation,
    load: { senders, linesPerSecond, messageBytes, seconds },
    runs: cells.filter(({ traced }) => !traced).length,
    readings: readings as Record<ReadingName, Reading>,
    lost: lostByClass(cells),
    calls: { sender: callsOf(cells, "sender"), aggregator: callsOf(cells, "aggregator") },
    allCalls: allCallsOf(cells),
    traced: tracedOf(cells),
    latency: latencySummary(cells),
    stages: stageMeans(cells),
    timeline: timelineOf(cells),
    stacks: sendStacks(cells, folder),
  };
}

function tracedOf(cells: readonly CellLine[]): CellSummary["traced"] {
  const traced = cells.filter((cell) => cell.traced);
  if (traced.length === 0 || traced.length === cells.length) return blank("this load has no twin with tracers");
  const reading = (name: keyof TracedReadings): Reading => readingOf(traced, READ[name]);
  return { p50Ns: reading("p50Ns"), p99Ns: reading("p99Ns"), cpuUs: reading("cpuUs") };
}

function lostByClass(cells: readonly CellLine[]): Record<string, Reading> {
  const lost = (name: string): Reading =>
    readingOf(cells, ({ counts }) => {
      const unsent = counts.unsent[name];
      return unsent === undefined ? (counts.lost[name] ?? measured("ledger", 0)) : measured("lab", unsent);
    });
  const names = new Set(cells.flatMap(({ counts }) => [...Object.keys(counts.unsent), ...Object.keys(counts.lost)]));
  return Object.fromEntries([...names].map((name) => [name, lost(name)]));
}

/** Of the repeat whose mean is the median one, so that the parts add up to a mean that was measured. */
function stageMeans(cells: readonly CellLine[]): StageMeans | Blank {
  const found = cells.flatMap(({ stages }) => (stages.value === null ? [] : [{ ...stages.value, by: stages.by }]));
  const middle = found.sort((a, b) => a.meanNs - b.meanNs)[(found.length - 1) >> 1];
  if (middle === undefined) {
    const stages = (cells.findLast(({ traced }) => traced) ?? cells.at(-1))?.stages;
    return blank(stages?.value === null ? stages.why : "not measured");
  }
  return { ...middle, stages: middle.stages.map((stage) => ({ ...stage, meaning: STAGES[stage.name] })) };
}

function timelineOf(cells: readonly CellLine[]): CellSummary["timeline"] {
  const plain = cells.filter(({ traced }) => !traced);
  for (const { timeline } of plain) if (timeline.value !== null) return timeline.value;
  const timeline = plain[0]?.timeline;
  return blank(timeline?.value === null ? timeline.why : "not measured");
}

function factsOf(name: TransportName): TransportFacts {
  const { traits } = REGISTRY[name];
  const { overload, atomicBytesMax, boundary, channel } = traits;
  const lineBytesMax = Number.isFinite(atomicBytesMax) ? atomicBytesMax : null;
  return {
    name,
    overload,
    lineBytesMax,
    isRemote: !hasPath(name),
    keepsMessages: boundary === "message",
    canAcknowledge: channel === "peer",
  };
}

function collectorsOf(cells: readonly CellLine[]): string[] {
  const names = new Set<string>();
  for (const { costs, latency, stages } of cells) {
    const figures = [latency.sinceSent, stages, ...Object.values(costs.sender), ...Object.values(costs.aggregator)];
    for (const figure of figures) if (figure.value !== null) names.add(figure.by);
  }
  return [...names].sort();
}
