/**
 * How fast the load generator can send udp at all on this machine: to a stopped receiver, so that the senders have both
 * cores. Once with a buffer that takes everything, once with the smallest, where nearly everything is dropped on
 * arrival.
 * node --import tsx bench/udp-senders.ts [--rounds N]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "../src/lab/statistics/summary.ts";
import { receiveLimit } from "./rig/contestants.ts";
import { generate } from "./rig/generator.ts";
import { buildNativeTools } from "./rig/native-tools.ts";
import { untilReady } from "./rig/readiness.ts";

const LINES = 1_000_000;
const LOAD = {
  transport: "udp",
  senders: 5,
  lines: LINES,
  lineBytes: 200,
  linesPerWrite: 1,
  linesPerSecond: 0,
} as const;
const BUFFERS = [
  { name: "all are kept", receiveBufferBytes: 1024 ** 3 - 1 },
  { name: "nearly all are dropped", receiveBufferBytes: 4096 },
];

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const directory = mkdtempSync(join(tmpdir(), "bench-udp-"));
const tools = buildNativeTools(directory);

/** Lines per second that five senders send while nobody reads. */
async function sendRate(receiveBufferBytes: number): Promise<number> {
  const place = {
    transport: "udp",
    address: "19618",
    output: join(directory, "out"),
    directory,
    receiveBufferBytes,
  } as const;
  const [program = "", ...words] = receiveLimit(tools.receiveLimit).command(place);
  const receiver = spawn(program, words, { stdio: "ignore" });
  try {
    await untilReady(receiver.pid ?? 0, place);
    receiver.kill("SIGSTOP");
    const { sent, firstMs, lastMs } = await generate({ place, load: LOAD, tools }, () => {});
    return (1000 * sent) / (lastMs - firstMs);
  } finally {
    const ended = once(receiver, "exit");
    receiver.kill("SIGKILL");
    await ended;
  }
}

try {
  const rates = BUFFERS.map(() => [] as number[]);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [index, { receiveBufferBytes }] of BUFFERS.entries())
      rates[index]?.push(await sendRate(receiveBufferBytes));
  }
  for (const [index, { name }] of BUFFERS.entries()) {
    process.stdout.write(`${name.padEnd(24)} ${Math.round(median(rates[index] ?? [])).toLocaleString("en")} lines/s\n`);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
