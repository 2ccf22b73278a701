import { existsSync } from "node:fs";
import { arch } from "node:os";
import { Argument, type Command, InvalidArgumentError } from "commander";
import { OperationalError } from "../../core/errors.ts";
import { MESSAGE_BYTES_DEFAULT } from "../../core/limits.ts";
import { printableLines } from "../../core/printable.ts";
import { TRANSPORT_NAMES, type TransportName } from "../../core/transport-name.ts";
import { canTrace } from "../../lab/trace/capability.ts";
import { collectTraces, DOCUMENTED_SCRIPTS } from "../../lab/trace/collection.ts";
import { type TraceOptions, type TraceResult, trace } from "../../lab/trace/session.ts";
import { processesNamed } from "../../os/process-names.ts";
import { projectFile } from "../../os/project-file.ts";
import { positiveCountValue } from "../option-values.ts";
import { stopSignal } from "../stop-signal.ts";

/** As many as the launcher starts by default. */
const PRODUCERS_DEFAULT = 5;

/** `ipc-lab trace`: runs a bpftrace script beside an aggregator and its producers. */
export function addTrace(lab: Command): void {
  const command = lab
    .command("trace")
    .description("run a bpftrace script beside an aggregator and its producers, and print its output (root)")
    .addArgument(new Argument("<script>", "a script of `ipc-lab scripts`, with or without .bt").argParser(scriptValue))
    .addArgument(new Argument("<transport>").choices(TRANSPORT_NAMES))
    .argument("[producers]", "producers at once", positiveCountValue, PRODUCERS_DEFAULT)
    .argument("[size]", "message bytes", positiveCountValue, MESSAGE_BYTES_DEFAULT)
    .action((...[script, transport, producers, size]: TraceArguments) =>
      runOne({ script, transport, producers, size }),
    );
  command
    .command("all")
    .description(`trace ${DOCUMENTED_SCRIPTS.join(", ")} over every transport and write their output`)
    .argument("[folder]", "where to write the texts and a page of tables", "docs/traces")
    .action(runAll);
}

/** `ipc-lab scripts`: where the scripts are, for `bpftrace $(ipc-lab scripts)/wakers.bt`. */
export function addScripts(lab: Command): void {
  lab
    .command("scripts")
    .description("print the folder of the bpftrace scripts")
    .action(() => void process.stdout.write(`${projectFile("bpftrace")}\n`));
}

type TraceArguments = [script: string, transport: TransportName, producers: number, size: number];

async function runOne({ script, transport, producers, size }: Omit<TraceOptions, "bpftrace">): Promise<void> {
  const bpftrace = bpftraceCommand();
  await checked(bpftrace, [script]);
  warnOfOthers();
  const { text, stored } = await trace({ bpftrace, script, transport, producers, size }, stopped());
  // bpftrace prints the names of other processes as they are, and a process may call itself anything.
  process.stdout.write(printableLines(text));
  if (stored !== undefined) process.stderr.write(`${stored} lines stored over ${transport}\n`);
}

async function runAll(folder: string): Promise<void> {
  const bpftrace = bpftraceCommand();
  const bpftraceVersion = await checked(bpftrace, DOCUMENTED_SCRIPTS.map(scriptPath));
  warnOfOthers();
  const [producers, size] = [PRODUCERS_DEFAULT, MESSAGE_BYTES_DEFAULT];
  const onTraced = (script: string, transport: TransportName, { stored }: TraceResult): void => {
    process.stderr.write(`${script} over ${transport}: ${stored} lines stored\n`);
  };
  const stop = stopped();
  await collectTraces({ bpftrace, bpftraceVersion, folder, producers, size, scriptPath, onTraced }, stop);
  if (!stop.aborted) process.stderr.write(`wrote the texts and README.md with the tables to ${folder}\n`);
}

/** @throws OperationalError TRACING_UNAVAILABLE with the reason why tracing is not possible */
async function checked(bpftrace: string, scripts: readonly string[]): Promise<string> {
  const verdict = await canTrace(bpftrace, scripts);
  if (!verdict.able) throw new OperationalError("TRACING_UNAVAILABLE", `can't trace here: ${verdict.reason}`);
  return verdict.bpftrace;
}

/** The scripts select processes by name. */
function warnOfOthers(): void {
  const pids = processesNamed(["aggregator", "producer"]);
  if (pids.length === 0) return;
  process.stderr.write(`other aggregators or producers are running and are traced as well: pid ${pids.join(", ")}\n`);
}

/** Allows another bpftrace than the first in PATH: `BPFTRACE=/opt/bpftrace/bin/bpftrace`. */
function bpftraceCommand(): string {
  return process.env["BPFTRACE"] ?? "bpftrace";
}

function scriptValue(value: string): string {
  const path = scriptPath(value);
  if (!existsSync(path)) throw new InvalidArgumentError(`There is no ${path}.`);
  return path;
}

/** System call numbers differ between architectures, and so do the scripts that carry a table of them. */
function scriptPath(name: string): string {
  const file = `${name.replace(/^.*\//, "").replace(/\.bt$/, "")}.bt`;
  const own = projectFile(`bpftrace/${arch()}/${file}`);
  return existsSync(own) ? own : projectFile(`bpftrace/${file}`);
}

function stopped(): AbortSignal {
  const controller = new AbortController();
  void stopSignal().then(() => controller.abort());
  return controller.signal;
}
