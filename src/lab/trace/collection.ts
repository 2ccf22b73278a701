import { mkdir, writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { TRANSPORT_NAMES, type TransportName } from "../../core/transport-name.ts";
import { type Bucket, parseScriptOutput, type ScriptOutput } from "./script-output.ts";
import { type TraceOptions, type TraceResult, trace } from "./session.ts";
import { countTable, type PerTransport, peakTable } from "./trace-tables.ts";

/** The scripts that docs/analysis.md discusses. */
export const DOCUMENTED_SCRIPTS = ["producer_syscalls", "syscall_latency", "aggregator_sched_latency"] as const;

type DocumentedScript = (typeof DOCUMENTED_SCRIPTS)[number];

/** One of the analyses. Its texts are named after it: `syscall_latency.tcp.txt`. */
interface Analysis {
  readonly name: string;
  readonly script: DocumentedScript;
  readonly keepAwake: boolean;
}

const AWAKE = "aggregator_sched_latency.awake";

const ANALYSES: readonly Analysis[] = [
  ...DOCUMENTED_SCRIPTS.map((script) => ({ name: script, script, keepAwake: false })),
  { name: AWAKE, script: "aggregator_sched_latency", keepAwake: true },
];

export interface CollectionOptions extends Pick<TraceOptions, "tracer" | "producers" | "size"> {
  /** Folder to which the texts and the tables are written. */
  readonly folder: string;
  readonly scriptPath: (script: DocumentedScript) => string;
  /** Called when a run ends, with the name of its text. @throws to end the collection, when the text is not to be trusted */
  readonly onTraced: (name: string, run: TracedRun) => void;
}

/** One run of a collection. */
export interface TracedRun {
  readonly script: DocumentedScript;
  readonly transport: TransportName;
  readonly result: TraceResult;
}

/** Traces every documented script over every transport. Each text is written after its run, the tables at the end. `stop` ends it without writing an incomplete text. */
export async function collectTraces(options: CollectionOptions, stop: AbortSignal): Promise<void> {
  const outputs = new Map<string, ScriptOutput>();
  await mkdir(options.folder, { recursive: true });
  const plain = { producerOptions: [], aggregatorOptions: [] };
  for (const { name, script, keepAwake } of ANALYSES) {
    for (const transport of TRANSPORT_NAMES) {
      const path = options.scriptPath(script);
      const result = await trace({ ...options, ...plain, script: path, transport, keepAwake }, stop);
      if (stop.aborted) return;
      options.onTraced(`${name}.${transport}`, { script, transport, result });
      await writeFile(join(options.folder, `${name}.${transport}.txt`), result.text);
      outputs.set(`${name} ${transport}`, parseScriptOutput(result.text));
    }
  }
  await writeFile(join(options.folder, "README.md"), page(options, outputs));
}

function page({ tracer, producers, size }: CollectionOptions, outputs: ReadonlyMap<string, ScriptOutput>): string {
  const machine = `Linux ${release().split("-")[0]}, ${cpus().length} CPUs, Node ${process.version}, ${tracer.version}`;
  return `# Traces

\`npm run trace:all\` made these files: ${producers} producers, 50 lines each, one every 100 ms, ${size} bytes of message, over
each transport (${machine}).
The texts are what the scripts printed. [analysis.md](../analysis.md) says what they mean, and
[measuring.md](../measuring.md) how to read them.

## System calls of the producers

\`producer_syscalls.bt\`: all calls of all processes, from start to end, so most of them come from Node's start.

${countTable(perTransport("producer_syscalls", outputs, countsOf))}
## Time in a system call

\`syscall_latency.bt\`, in nanoseconds: the fullest bucket, and how many of all calls lie in it.

${peakTable(
  "producers' call",
  perTransport("syscall_latency", outputs, (output) => histogramsOf(output, "@lat")),
)}
## From wakeup to running

\`aggregator_sched_latency.bt\`, in nanoseconds: the fullest bucket, and how many of all wakeups lie in it. \`@lat\` is the
main thread.

${peakTable("aggregator", perTransport("aggregator_sched_latency", outputs, byMap))}
The same with CPUs that are kept from idling (\`--keep-awake\`):

${peakTable("aggregator, CPUs awake", perTransport(AWAKE, outputs, byMap))}`;
}

function perTransport<Value>(
  name: string,
  outputs: ReadonlyMap<string, ScriptOutput>,
  read: (output: ScriptOutput) => ReadonlyMap<string, Value>,
): PerTransport<Value> {
  const entries = TRANSPORT_NAMES.flatMap((transport) => {
    const output = outputs.get(`${name} ${transport}`);
    return output === undefined ? [] : [[transport, read(output)] as const];
  });
  return Object.fromEntries(entries);
}

function countsOf(output: ScriptOutput): ReadonlyMap<string, number> {
  const counts = [...(output.counts.get("@") ?? [])];
  return new Map(counts.map(([probe, count]) => [probe.replace("tracepoint:syscalls:sys_enter_", ""), count]));
}

function histogramsOf(output: ScriptOutput, map: string): ReadonlyMap<string, readonly Bucket[]> {
  return output.histograms.get(map) ?? new Map();
}

/** The histograms without keys, by the name of their map. */
function byMap(output: ScriptOutput): ReadonlyMap<string, readonly Bucket[]> {
  return new Map([...output.histograms].map(([map, keys]) => [map, keys.get("") ?? []]));
}
