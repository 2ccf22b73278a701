import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { temporaryAddress } from "../../addresses/temporary-address.ts";
import { OperationalError } from "../../core/errors.ts";
import type { TransportName } from "../../core/transport-name.ts";
import { AttachedScript } from "../../os/bpftrace.ts";
import { BusyCpus } from "../../os/busy-cpus.ts";
import { OwnProgram } from "../../os/own-program.ts";
import type { Tracer } from "./capability.ts";
import { onlyChildrenOf } from "./own-processes.ts";

export interface TraceOptions {
  readonly tracer: Tracer;
  /** Path of the script. */
  readonly script: string;
  readonly transport: TransportName;
  readonly producers: number;
  /** Message bytes. */
  readonly size: number;
  /** Further arguments of each producer. */
  readonly producerOptions: readonly string[];
  /** Further arguments of the aggregator. */
  readonly aggregatorOptions: readonly string[];
  /** Keep every CPU from idling, so that no thread waits for one to wake up. */
  readonly keepAwake: boolean;
}

/** What a script printed, and what was stored meanwhile. */
export interface TraceResult {
  readonly text: string;
  /** Undefined when the run was stopped. */
  readonly stored: Stored | undefined;
}

/** From the aggregator's ledger. */
export interface Stored {
  readonly lines: number;
  readonly bytes: number;
}

/**
 * Runs an aggregator and its producers over one transport, in a directory of their own. The script is attached before the first
 * line and counts only these processes. `stop` ends the producers early; the result is what the script has seen by then.
 *
 * @throws OperationalError TRACE_FAILED when the aggregator or a producer fails; it has said why on stderr
 */
export async function trace(options: TraceOptions, stop: AbortSignal): Promise<TraceResult> {
  const directory = await mkdtemp(join(tmpdir(), "trace-"));
  try {
    return await observe(options, directory, stop);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function observe(options: TraceOptions, directory: string, stop: AbortSignal): Promise<TraceResult> {
  const { transport, tracer } = options;
  const output = join(directory, "aggregated_logs.jsonl");
  const endpoint = temporaryAddress(transport, directory);
  const args = [endpoint, "-o", output, "--log-level", "warn", "--no-status", ...options.aggregatorOptions];
  await using _ = options.keepAwake ? await BusyCpus.start() : undefined;
  const aggregator = new OwnProgram("aggregator", args);
  try {
    const listening = await eventOf(aggregator, "aggregator", "listening");
    const program = onlyChildrenOf(await readFile(options.script, "utf8"), tracer.pid);
    await using script = await AttachedScript.attach(tracer.command, program);
    await produce(options, `${transport}=${listening["address"]}`, stop);
    const text = await script.stop();
    aggregator.kill("SIGTERM");
    // Ctrl-C in a terminal has reached the aggregator too, and a second signal ends it without a ledger.
    return { text, stored: stop.aborted ? undefined : await storedBy(aggregator) };
  } finally {
    aggregator.kill("SIGTERM");
    await aggregator.ended;
  }
}

/** Runs the producers and waits for them. */
async function produce(options: TraceOptions, endpoint: string, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return;
  const args = [endpoint, String(options.size), "--log-level", "warn", ...options.producerOptions];
  const producers = Array.from({ length: options.producers }, () => new OwnProgram("producer", args));
  const end = (): void => {
    for (const producer of producers) producer.kill("SIGTERM");
  };
  stop.addEventListener("abort", end, { once: true });
  try {
    const ends = await Promise.all(producers.map((producer) => producer.ended));
    const failed = ends.filter(({ code }) => code !== 0);
    if (failed.length === 0 || stop.aborted) return;
    const first = failed[0]?.code ?? failed[0]?.signal;
    throw new OperationalError(
      "TRACE_FAILED",
      `${failed.length} of ${producers.length} producers ended with ${first}; see their messages above, and the options after --`,
    );
  } finally {
    stop.removeEventListener("abort", end);
  }
}

async function storedBy(aggregator: OwnProgram): Promise<Stored> {
  const { stored, output } = await eventOf(aggregator, "aggregator", "closed");
  return { lines: Number(stored), bytes: Number(Object(output)["bytesWritten"]) };
}

async function eventOf(program: OwnProgram, name: string, event: string): Promise<Record<string, unknown>> {
  try {
    return await program.event(event);
  } catch (error) {
    const { code, signal } = await program.ended;
    throw new OperationalError(
      "TRACE_FAILED",
      `the ${name} ended with ${code ?? signal} before it printed "${event}"; see its message above, and the options after --`,
      { cause: error },
    );
  }
}
