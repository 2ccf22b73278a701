import { TRANSPORT_NAMES } from "../../core/transport-name.ts";
import type { HistogramData } from "../statistics/histogram.ts";
import type { CellLine, Counts, FailedLine, Onset, SideCosts, Stages, Timeline } from "./cell-line.ts";
import {
  type Check,
  either,
  type Fields,
  flag,
  listOf,
  nullable,
  number,
  numbers,
  object,
  oneOf,
  optional,
  recordOf,
  text,
} from "./check.ts";
import { COLLECTOR_NAMES, type Measured } from "./measured.ts";
import { IMPLEMENTATIONS, type Parameters, type PlannedCell, RESULTS_SCHEMA, type RunLine } from "./run-line.ts";
import { STAGE_NAMES } from "./stages.ts";

function figure<Value>(check: Check<Value>): Check<Measured<Value>> {
  const withValue = object<{ value: Value; by: string }>({ value: check, by: oneOf<string>(COLLECTOR_NAMES) });
  const withoutValue = object<{ why: string }>({ why: text });
  return (value, path) => {
    const isMissing = typeof value === "object" && value !== null && "value" in value && value.value === null;
    return (isMissing ? withoutValue : withValue)(value, path);
  };
}

const amount = figure(number);
const amounts = figure(recordOf(number));

const parameters: Check<Parameters> = object<Parameters>({
  senders: number,
  linesPerSecond: either<number, "max">(number, oneOf<"max">(["max"])),
  messageBytes: number,
  seconds: nullable(number),
  linesPerSender: nullable(number),
});

const planned: Fields<PlannedCell> = {
  id: text,
  scenario: text,
  variant: text,
  transport: oneOf(TRANSPORT_NAMES),
  implementation: oneOf(IMPLEMENTATIONS),
  repeat: number,
  traced: flag,
  parameters,
};

const histogram: Check<HistogramData> = object<HistogramData>({
  count: number,
  sum: number,
  max: number,
  buckets: listOf(numbers(2)),
});

const counts: Check<Counts> = object<Counts>({
  offered: number,
  sent: number,
  unsent: recordOf(number),
  stored: number,
  lost: recordOf(amount),
  duplicates: number,
  reordered: number,
  foreign: number,
  residue: amount,
  kernel: recordOf(amount),
});

const side: Check<SideCosts> = object<SideCosts>({
  cpuUserSeconds: amount,
  cpuSystemSeconds: amount,
  softirqSeconds: amount,
  voluntarySwitches: amount,
  involuntarySwitches: amount,
  wakeups: amount,
  writtenBytes: amount,
  readBytes: amount,
  systemCalls: amounts,
  systemCallNs: amounts,
  allSystemCalls: amounts,
  cycles: amount,
  cacheMisses: amount,
  peakRssBytes: amount,
});

const stages: Check<Stages> = object<Stages>({
  lines: number,
  meanNs: number,
  stages: listOf(object<Stages["stages"][number]>({ name: oneOf(STAGE_NAMES), meanNs: number })),
});

type Points = Extract<Timeline, { kind: "points" }>;
type Grid = Extract<Timeline, { kind: "grid" }>;

const timeline: Check<Timeline> = either(
  object<Points>({ kind: oneOf<"points">(["points"]), points: listOf(numbers(2)) }),
  object<Grid>({ kind: oneOf<"grid">(["grid"]), columnMs: number, rowMs: number, cells: listOf(numbers(3)) }),
);

const onset: Check<Onset> = object<Onset>({
  linesPerSecond: number,
  isLimit: flag,
  tried: listOf(object<Onset["tried"][number]>({ linesPerSecond: number, lost: number, late: number })),
});

const cell: Check<CellLine> = object<CellLine>({
  ...planned,
  kind: oneOf<"cell">(["cell"]),
  startedAt: text,
  seconds: number,
  counts,
  rates: object<CellLine["rates"]>({ linesPerSecond: number, bytesPerSecond: number }),
  latency: object<CellLine["latency"]>({ sinceDue: figure(histogram), sinceSent: figure(histogram) }),
  stages: figure(stages),
  costs: object<CellLine["costs"]>({ sender: side, aggregator: side }),
  blockedSeconds: amount,
  queue: object<CellLine["queue"]>({ linesMax: amount, linesMean: amount, bytesMax: amount }),
  timeline: figure(timeline),
  onset: optional(figure(onset)),
  recoverySeconds: optional(amount),
  stacks: figure(recordOf(text)),
  receiveBufferBytes: nullable(number),
  machine: object<CellLine["machine"]>({
    load: number,
    stolenSeconds: amount,
    otherSeconds: amount,
    softirqSeconds: amount,
  }),
});

const failed: Check<FailedLine> = object<FailedLine>({ kind: oneOf<"failed">(["failed"]), id: text, why: text });

const run: Check<RunLine> = object<RunLine>({
  kind: oneOf<"run">(["run"]),
  schema: oneOf<typeof RESULTS_SCHEMA>([RESULTS_SCHEMA]),
  run: text,
  startedAt: text,
  options: object<RunLine["options"]>({
    quick: flag,
    transports: listOf(oneOf(TRANSPORT_NAMES)),
    scenarios: listOf(text),
    implementations: listOf(oneOf(IMPLEMENTATIONS)),
    repeats: nullable(number),
    collect: text,
    profile: flag,
  }),
  plan: listOf(object<PlannedCell>(planned)),
  skipped: listOf(
    object<RunLine["skipped"][number]>({
      scenario: text,
      variant: optional(text),
      transport: optional(oneOf(TRANSPORT_NAMES)),
      implementation: optional(oneOf(IMPLEMENTATIONS)),
      why: text,
    }),
  ),
  configuration: object<RunLine["configuration"]>({ aggregator: listOf(text), producer: listOf(text) }),
  environment: object<RunLine["environment"]>({
    kernel: text,
    architecture: text,
    cpu: text,
    cores: number,
    memoryBytes: number,
    governor: nullable(text),
    virtual: nullable(flag),
    clocksource: nullable(text),
    root: flag,
    sysctls: recordOf(nullable(text)),
    versions: recordOf(nullable(text)),
  }),
});

/** The lines of results.jsonl by kind. */
export type ResultLine = RunLine | CellLine | FailedLine;

const CHECKS = { run, cell, failed } as const;

/** What is wrong with a line of results.jsonl: the first finding, or undefined. */
export function complaintAbout(value: unknown): string | undefined {
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  const check =
    typeof kind === "string" && Object.hasOwn(CHECKS, kind) ? CHECKS[kind as ResultLine["kind"]] : undefined;
  return check === undefined ? `kind is none of ${Object.keys(CHECKS).join(", ")}` : check(value, "");
}
