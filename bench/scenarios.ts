import { TRANSPORT_NAMES, type TransportName } from "../src/core/transport-name.ts";
import { REGISTRY } from "../src/transports/registry.ts";
import type { Load } from "./rig/generator.ts";

/** One table: loads that several contestants get one after another. */
export interface Scenario {
  readonly title: string;
  /**
   * Names of variants of the project's aggregator, see run.ts; the C limit and, if `peers`, other programs run beside.
   */
  readonly ours: readonly string[];
  readonly peers: boolean;
  /** How often each contestant gets each load. */
  readonly rounds: number;
  readonly loads: readonly Load[];
}

const BASE = { senders: 5, lineBytes: 200, linesPerWrite: 1, linesPerSecond: 0 } as const;
const STREAMS = TRANSPORT_NAMES.filter((name) => REGISTRY[name].traits.boundary === "stream");
const LINES_PER_WRITE = 64;
const MiB = 1024 * 1024;

function flood(transport: TransportName, changes: Partial<Load> = {}): Load {
  return { ...BASE, transport, lines: 1_000_000, ...changes };
}

/** As many lines per write as stay whole beside other senders. */
function batched(transport: TransportName): Load {
  const whole = Math.floor(REGISTRY[transport].traits.atomicBytesMax / BASE.lineBytes);
  return flood(transport, { linesPerWrite: Math.min(LINES_PER_WRITE, whole), lines: 2_000_000 });
}

const LATENCY: Load = { ...BASE, transport: "unixsock", lines: 500, linesPerSecond: 50, latency: true };
const UDP_BUFFER = { receiveBufferBytes: 4 * MiB } as const;

/** About half an hour; each load once per round. */
export const FULL: readonly Scenario[] = [
  {
    title: "Flood, one line per write",
    ours: ["json", "none"],
    peers: true,
    rounds: 5,
    loads: STREAMS.map((name) => flood(name)),
  },
  {
    title: "Flood, many lines per write",
    ours: ["json", "shape", "none"],
    peers: true,
    rounds: 5,
    loads: STREAMS.map(batched),
  },
  {
    title: "Flood of messages",
    ours: ["json", "none"],
    peers: true,
    rounds: 5,
    loads: [flood("unixgram"), flood("udp"), flood("udp", UDP_BUFFER)],
  },
  {
    title: "Flood from 1 and 50 senders",
    ours: ["json"],
    peers: false,
    rounds: 3,
    loads: [1, 50].flatMap((senders) => [...STREAMS, "unixgram" as const].map((name) => flood(name, { senders }))),
  },
  {
    title: "Short and long lines",
    ours: ["json", "none"],
    peers: true,
    rounds: 3,
    loads: [
      flood("unixsock", { lineBytes: 40, linesPerWrite: 64, lines: 4_000_000 }),
      flood("unixsock", { lineBytes: 4096, linesPerWrite: 1, lines: 200_000 }),
      flood("unixgram", { lineBytes: 40 }),
      flood("unixgram", { lineBytes: 4096, lines: 100_000 }),
    ],
  },
  {
    title: "Paced",
    ours: ["json", "low latency"],
    peers: true,
    rounds: 3,
    loads: [
      ...([...STREAMS, "unixgram", "udp"] as const).map((name) =>
        flood(name, { lines: 200_000, linesPerSecond: 100_000 }),
      ),
      flood("udp", { ...UDP_BUFFER, lines: 4_000_000, linesPerSecond: 400_000 }),
    ],
  },
  { title: "Send to visible in the file", ours: ["json"], peers: true, rounds: 5, loads: [LATENCY] },
];

/** Two to three minutes. */
export const QUICK: readonly Scenario[] = [
  {
    title: "Flood, one line per write",
    ours: ["json"],
    peers: false,
    rounds: 2,
    loads: STREAMS.map((name) => flood(name, { lines: 500_000 })),
  },
  { title: "Flood, many lines per write", ours: ["json", "none"], peers: true, rounds: 2, loads: STREAMS.map(batched) },
  {
    title: "Flood of messages",
    ours: ["json"],
    peers: false,
    rounds: 2,
    loads: [flood("unixgram", { lines: 200_000 }), flood("udp", { ...UDP_BUFFER, lines: 500_000 })],
  },
  {
    title: "Send to visible in the file",
    ours: ["json"],
    peers: false,
    rounds: 2,
    loads: [{ ...LATENCY, lines: 200 }],
  },
];
