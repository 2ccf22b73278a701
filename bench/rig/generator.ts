import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
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

async function outputOf(program: string, words: readonly string[]): Promise<string> {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  const printed = await text(child.stdout);
  if (printed === "") throw new Error(`${program} ended with ${child.exitCode ?? child.signalCode}`);
  return printed;
}
