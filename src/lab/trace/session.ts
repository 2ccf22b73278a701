import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { temporaryAddress } from "../../addresses/temporary-address.ts";
import type { TransportName } from "../../core/transport-name.ts";
import { AttachedScript } from "../../os/bpftrace.ts";
import { launchProducers } from "../../os/launcher.ts";
import { OwnProgram } from "../../os/own-program.ts";

export interface TraceOptions {
  /** bpftrace, by name or path. */
  readonly bpftrace: string;
  /** Path of the script. */
  readonly script: string;
  readonly transport: TransportName;
  readonly producers: number;
  /** Message bytes. */
  readonly size: number;
}

/** What a script printed, and how many lines were stored meanwhile. */
export interface TraceResult {
  readonly text: string;
  /** Lines in the aggregator's file; undefined when the run was stopped. */
  readonly stored: number | undefined;
}

/**
 * Runs an aggregator and its producers over one transport, in a directory of their own. The script is attached before the first
 * line. `stop` ends the producers early; the result is what the script has seen by then.
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
  const { transport } = options;
  const output = join(directory, "aggregated_logs.jsonl");
  const endpoint = temporaryAddress(transport, directory);
  const aggregator = new OwnProgram("aggregator", [endpoint, "-o", output, "--log-level", "warn", "--no-status"]);
  try {
    const listening = await aggregator.event("listening");
    await using script = await AttachedScript.attach(options.bpftrace, options.script);
    const { producers, size } = options;
    await launchProducers({ endpoint: `${transport}=${listening["address"]}`, producers, size }, stop);
    const text = await script.stop();
    aggregator.kill("SIGTERM");
    // Ctrl-C in a terminal has reached the aggregator too, and a second signal ends it without a ledger.
    const ledger = stop.aborted ? undefined : await aggregator.event("closed");
    return { text, stored: ledger === undefined ? undefined : Number(ledger["stored"]) };
  } finally {
    aggregator.kill("SIGTERM");
    await aggregator.ended;
  }
}
