import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { TRANSPORT_NAMES, type TransportName } from "../../core/transport-name.ts";
import { orList } from "../../core/word-list.ts";
import { keepClaims } from "../../lab/claims/keep-claims.ts";
import { COLLECT_WAYS, type CollectWay, chooseCollectors } from "../../lab/collectors/choice.ts";
import { chooseProfiler, type ProfilerChoice } from "../../lab/collectors/profilers.ts";
import { buildGoPrograms } from "../../lab/implementations/go.ts";
import { NODE_PROGRAMS, type ProgramSet } from "../../lab/implementations/program-set.ts";
import type { RunLine } from "../../lab/results/run-line.ts";
import { planOf } from "../../lab/run/plan.ts";
import { runLab } from "../../lab/run/run-lab.ts";
import { SCENARIO_NAMES, SCENARIOS } from "../../lab/scenarios/scenarios.ts";
import { pendingSignals } from "../../os/pending-signals.ts";
import { positiveCountValue } from "../option-values.ts";
import { EXIT } from "../run.ts";
import { TerminalWatch } from "../terminal-watch.ts";
import { LabProgress } from "./lab-progress.ts";

interface RunOptions {
  readonly transports: readonly TransportName[];
  readonly scenarios: readonly string[];
  readonly repeat?: number;
  readonly collect: CollectWay;
  readonly out: string;
  readonly quick: boolean;
  readonly profile: boolean;
  readonly claims: boolean;
  readonly with?: "go";
}

/** Two minutes with what else `npm run lab` does: the build, the choice of collectors and the report. */
const QUICK_SECONDS_MAX = 114;
/** Half an hour with what comes before the first cell, and after the last one. */
const SECONDS_MAX = 29.5 * 60;
/** What `--profile` adds to that. */
const PROFILE_SECONDS_MAX = 45;

const NO_PROFILER: ProfilerChoice = { profiler: undefined, why: "not asked for" };

const HELP = `
Scenarios:
${SCENARIOS.map(({ name, question }) => `  ${name.padEnd(11)} ${question}`).join("\n")}

A run that was interrupted is continued by the same command. docs/lab.md explains what is measured and the results.

Exit: 0 done or interrupted, 1 failed, 2 wrong usage, 3 some cells could not be measured.`;

/** `ipc-lab run`. */
export function addRun(lab: Command, stop: AbortSignal): void {
  lab
    .command("run")
    .description("measure what each transport costs and loses, in several scenarios")
    .addOption(listOption("--transports <names>", TRANSPORT_NAMES, "separated by commas"))
    .addOption(listOption("--scenarios <names>", SCENARIO_NAMES, "separated by commas"))
    .option("--repeat <n>", "measure each cell so often (default: 3 to 5, by scenario)", positiveCountValue)
    .addOption(new Option("--collect <way>", "what traces").choices(COLLECT_WAYS).default("auto"))
    .addOption(new Option("--with <language>", "measure the programs in bench/go, too").choices(["go"]))
    .option("--profile", "take both sides' stacks too, for flame graphs: another half to whole minute", false)
    .option("--claims", "measure the claims too, so that the report includes them: some 10 seconds", false)
    .option("--out <folder>", "where results.jsonl is written, or continued", "lab-results")
    .option("--quick", "fewer and shorter cells: at most 2 minutes instead of 30", false)
    .addHelpText("after", HELP)
    .action((_options: RunOptions, self: Command) => measure(self.opts<RunOptions>(), stop));
}

async function measure(asked: RunOptions, interrupted: AbortSignal): Promise<void> {
  const { transports, quick, collect, profile } = asked;
  const scenarios = SCENARIOS.filter(({ name, isProfiled }) => (isProfiled ? profile : asked.scenarios.includes(name)));
  const repeats = asked.repeat ?? null;
  const implementations = asked.with === undefined ? (["node"] as const) : (["node", asked.with] as const);
  const { collectors, untraceable, tracesAnyRate, blanks } = await chooseCollectors(collect);
  const { profiler, why } = profile ? await chooseProfiler(collect, asked.out) : NO_PROFILER;
  const unprofilable = profiler === undefined ? why : undefined;
  const tracing = { untraceable, tracesAnyRate, unprofilable };
  const plan = planOf({ quick, transports, scenarios, implementations, repeats, ...tracing });
  const names = scenarios.map(({ name }) => name);
  const options: RunLine["options"] = {
    ...{ quick, transports, scenarios: names, implementations, repeats, collect, profile },
  };
  const secondsMax = quick ? QUICK_SECONDS_MAX + (profile ? PROFILE_SECONDS_MAX : 0) : SECONDS_MAX;
  const stop = AbortSignal.any([interrupted, terminalLost()]);
  const compiled = asked.with && mkdtempSync(join(tmpdir(), "ipc-lab-go-"));
  try {
    const go = compiled && (await builtUnlessStopped(compiled, stop));
    const programs = { node: NODE_PROGRAMS, ...(go && { go }) };
    const events = new LabProgress(process.stderr, asked.out);
    const failures = await runLab({
      directory: asked.out,
      plan,
      options,
      collectors,
      profilers: profiler === undefined ? [] : [profiler],
      blanks,
      programs,
      events,
      stop,
      secondsMax,
    });
    if (asked.claims && !stop.aborted) await keepClaims(asked.out, stop);
    events.end(failures, stop.aborted);
    if (failures > 0) process.exitCode = EXIT.linesLost;
  } finally {
    if (compiled !== undefined) rmSync(compiled, { recursive: true });
  }
}

/** Ctrl-C in a terminal ends the compiler, too. */
async function builtUnlessStopped(directory: string, stop: AbortSignal): Promise<ProgramSet | undefined> {
  try {
    return buildGoPrograms(directory);
  } catch (error) {
    await pendingSignals();
    if (stop.aborted) return undefined;
    throw error;
  }
}

function terminalLost(): AbortSignal {
  const lost = new AbortController();
  void new TerminalWatch().lost.then(() => lost.abort("SIGHUP"));
  return lost.signal;
}

function listOption(flags: string, names: readonly string[], what: string): Option {
  const parse = (text: string): readonly string[] => {
    const asked = text.split(",");
    const unknown = asked.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is none; write ${orList(names)}.`);
    // In the table's order, whatever the order in which they were asked for.
    return names.filter((name) => asked.includes(name));
  };
  return new Option(flags, what).argParser(parse).default(names, "all");
}
