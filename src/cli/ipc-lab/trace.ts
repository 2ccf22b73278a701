import { existsSync } from "node:fs";
import { arch } from "node:os";
import { basename } from "node:path";
import { Argument, type Command, InvalidArgumentError } from "commander";
import { OperationalError } from "../../core/errors.ts";
import { MESSAGE_BYTES_DEFAULT } from "../../core/limits.ts";
import { printableLines } from "../../core/printable.ts";
import { TRANSPORT_NAMES, type TransportName } from "../../core/transport-name.ts";
import { type Comparison, comparisonOf } from "../../lab/trace/agreement.ts";
import { canTrace, type Tracer } from "../../lab/trace/capability.ts";
import { collectTraces, DOCUMENTED_SCRIPTS, type TracedRun } from "../../lab/trace/collection.ts";
import { parseScriptOutput } from "../../lab/trace/script-output.ts";
import { type Stored, type TraceOptions, trace } from "../../lab/trace/session.ts";
import { projectFile } from "../../os/project-file.ts";
import { positiveCountValue } from "../option-values.ts";
import { stopSignal } from "../stop-signal.ts";

/** As many as the launcher starts by default. */
const PRODUCERS_DEFAULT = 5;

const EXAMPLES = `
Examples:
  # ipc-lab trace syscall_latency unixsock
  # ipc-lab trace producer_syscalls_fast fifo 7 1000                        seven producers, 1000 letters a message
  # ipc-lab trace syscall_latency unixsock -- --rate max --count 100000     options of the producers
  # ipc-lab trace cpu_time udp -- -r 5000 -n 9000 -- --receive-buffer 64KiB     and of the aggregator`;

/**
 * `ipc-lab trace`: runs a bpftrace script beside an aggregator and its producers.
 *
 * @param passedOn what follows the first "--" on the command line, and what follows the second
 */
export function addTrace(lab: Command, [producerOptions = [], aggregatorOptions = []]: readonly string[][]): void {
  const command = lab
    .command("trace")
    .description("run a bpftrace script beside an aggregator and its producers, and print its output (root)")
    .usage("[options] <script> <transport> [producers] [size] [-- producer options... [-- aggregator options...]]")
    .addArgument(new Argument("<script>", "a script of `ipc-lab scripts`, with or without .bt").argParser(scriptValue))
    .addArgument(new Argument("<transport>").choices(TRANSPORT_NAMES))
    .argument("[producers]", "producers at once", positiveCountValue, PRODUCERS_DEFAULT)
    .argument("[size]", "message bytes", positiveCountValue, MESSAGE_BYTES_DEFAULT)
    .option("--keep-awake", "keep the CPUs from idling, so that no thread waits for one to wake up", false)
    .addHelpText("after", EXAMPLES)
    .action((...[script, transport, producers, size, { keepAwake }]: TraceArguments) =>
      runOne({ script, transport, producers, size, keepAwake, producerOptions, aggregatorOptions }),
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

type TraceArguments = [string, TransportName, producers: number, size: number, { readonly keepAwake: boolean }];

/** The arguments before the first "--", between it and the next one, and so on. */
export function splitAtDashes(args: readonly string[]): string[][] {
  const at = args.indexOf("--");
  return at < 0 ? [[...args]] : [args.slice(0, at), ...splitAtDashes(args.slice(at + 1))];
}

async function runOne(options: Omit<TraceOptions, "tracer">): Promise<void> {
  const tracer = await checked([options.script]);
  const { text, stored } = await trace({ ...options, tracer }, stopped());
  // bpftrace prints the names of other processes as they are, and a process may call itself anything.
  process.stdout.write(printableLines(text));
  if (stored === undefined) return;
  const { script, transport, producers, producerOptions } = options;
  const comparison = comparisonOf(basename(script, ".bt"), parseScriptOutput(text), { producers, stored });
  process.stderr.write(`${summary(stored, comparison)} over ${transport}\n`);
  // With other options a send may carry many lines, or an acknowledgement's dialogue.
  if (producerOptions.length === 0) refuseDifference(comparison);
}

async function runAll(folder: string): Promise<void> {
  const tracer = await checked(DOCUMENTED_SCRIPTS.map(scriptPath));
  const [producers, size] = [PRODUCERS_DEFAULT, MESSAGE_BYTES_DEFAULT];
  const onTraced = (name: string, { script, result: { text, stored } }: TracedRun): void => {
    if (stored === undefined) return;
    const comparison = comparisonOf(script, parseScriptOutput(text), { producers, stored });
    process.stderr.write(`${name}: ${summary(stored, comparison)}\n`);
    refuseDifference(comparison);
  };
  const stop = stopped();
  await collectTraces({ tracer, folder, producers, size, scriptPath, onTraced }, stop);
  if (!stop.aborted) process.stderr.write(`wrote the texts and README.md with the tables to ${folder}\n`);
}

function summary(stored: Stored, comparison: Comparison | undefined): string {
  const lines = `${stored.lines} lines stored`;
  return comparison === undefined ? lines : `${comparison.counted} ${comparison.what} counted, ${lines}`;
}

/** @throws OperationalError TRACE_FAILED when the script counted something else than what happened */
function refuseDifference(comparison: Comparison | undefined): void {
  if (comparison === undefined || comparison.counted === comparison.expected) return;
  const { what, counted, known, expected } = comparison;
  throw new OperationalError(
    "TRACE_FAILED",
    `the script counted ${counted} ${what}, but there were ${expected} ${known}, so its numbers can't be trusted; run it again with less other work on the machine`,
  );
}

/** @throws OperationalError TRACING_UNAVAILABLE with the reason why tracing is not possible */
async function checked(scripts: readonly string[]): Promise<Tracer> {
  const verdict = await canTrace(bpftraceCommand(), scripts);
  if (!verdict.able) throw new OperationalError("TRACING_UNAVAILABLE", `can't trace here: ${verdict.reason}`);
  return verdict.tracer;
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
