import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { TransportName } from "../../src/core/transport-name.ts";
import type { Place } from "./contestants.ts";
import type { NativeTools } from "./native-tools.ts";

const SAMPLE_MS = 50;
/** Longest time that it sends. A slow receiver gets fewer lines. */
const SECONDS_MAX = 12;

/** What the load generator does in one trial. */
export interface Load {
  readonly transport: TransportName;
  readonly senders: number;
  /** Of all senders together. */
  readonly lines: number;
  readonly lineBytes: number;
  /** Streams only. */
  readonly linesPerWrite: number;
  /** Of all senders together; 0 floods. */
  readonly linesPerSecond: number;
  readonly receiveBufferBytes?: number;
  /** Measure the age of lines when they can be read in the file. */
  readonly latency?: boolean;
  /** Bytes in the file beforehand (sparse). */
  readonly fileBytes?: number;
}

/** What the load generator reports to have sent, and when (Unix time). */
export interface Generated {
  readonly sent: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly cpuSeconds: number;
}

/** One load on one receiver. */
export interface LoadedPlace {
  readonly place: Place;
  readonly load: Load;
  readonly tools: NativeTools;
}

/** Runs the load; `sample` is called every SAMPLE_MS meanwhile. */
export async function generate({ place, load, tools }: LoadedPlace, sample: () => void): Promise<Generated> {
  const perSender = Math.floor(load.lines / load.senders);
  const numbers = [load.senders, perSender, load.lineBytes, load.linesPerWrite, load.linesPerSecond, SECONDS_MAX];
  const sampling = setInterval(sample, SAMPLE_MS);
  try {
    return JSON.parse(
      await outputOf(tools.loadGenerator, [place.transport, place.address, ...numbers.map(String)]),
    ) as Generated;
  } finally {
    clearInterval(sampling);
  }
}

/** Watches a file from here on. @returns a function that resolves to the ages of its lines once all have arrived */
export async function watchLatency(
  path: string,
  lines: number,
  tools: NativeTools,
): Promise<() => Promise<{ p50Ms: number; p99Ms: number }>> {
  const child = spawn(tools.fileLatency, [path, String(lines), String(SECONDS_MAX)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const answer = textOf(child);
  await once(child.stderr, "data");
  return async () => JSON.parse(await answer) as { p50Ms: number; p99Ms: number };
}

async function outputOf(program: string, words: readonly string[]): Promise<string> {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  const text = await textOf(child);
  if (text === "") throw new Error(`${program} ended with ${child.exitCode ?? child.signalCode}`);
  return text;
}

async function textOf(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout?.on("data", (data: Buffer) => {
    text += data.toString();
  });
  await once(child, "close");
  return text;
}
