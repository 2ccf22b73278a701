/**
 * What --metrics costs: floods on the aggregator without it, with it, and with it while it is scraped four times per
 * second, in turn; and the processor time of one scrape of an idle aggregator with five endpoints.
 * node --import tsx bench/metrics.ts [ROUNDS]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { aggregator, type Contestant } from "./rig/contestants.ts";
import type { Load } from "./rig/generator.ts";
import { buildNativeTools } from "./rig/native-tools.ts";
import { runTrial, type TrialResult } from "./rig/trial.ts";

const ADDRESS = "127.0.0.1:19618";
/** Longer than one text answers all requests. */
const SCRAPE_MS = 260;
const SCRAPES = 40;
const FLOOD: Load = {
  transport: "unixsock",
  senders: 5,
  lines: 2_000_000,
  lineBytes: 200,
  linesPerWrite: 64,
  linesPerSecond: 0,
};
const LOADS: readonly Load[] = [FLOOD, { ...FLOOD, lines: 1_000_000, linesPerWrite: 1 }];
const VARIANTS: readonly (readonly [Contestant, isScraped: boolean])[] = [
  [aggregator("without"), false],
  [aggregator("--metrics", "--metrics", ADDRESS), false],
  [aggregator("--metrics, scraped", "--metrics", ADDRESS), true],
];

const rounds = Number(process.argv[2] ?? 5);
const directory = mkdtempSync(join(tmpdir(), "metrics-"));
const tools = buildNativeTools(directory);

/** @returns scrapes that were answered */
async function scrapeDuring<Result>(work: Promise<Result>): Promise<[Result, number]> {
  let isOver = false;
  let answered = 0;
  const result = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const response = await fetch(`http://${ADDRESS}/metrics`).catch(() => undefined);
    // It is not there yet, or no longer.
    if (response !== undefined && (await response.text()) !== "") answered++;
    await pause(SCRAPE_MS);
  }
  return [await result, answered];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

for (const load of LOADS) {
  const trials = new Map<string, TrialResult[]>(VARIANTS.map(([{ name }]) => [name, []]));
  let scrapes = 0;
  for (let round = 0; round < rounds; round++) {
    for (const [contestant, isScraped] of VARIANTS) {
      const running = runTrial(contestant, load, tools);
      const [trial, answered] = isScraped ? await scrapeDuring(running) : [await running, 0];
      scrapes += answered;
      trials.get(contestant.name)?.push(trial);
    }
  }
  const [bare = []] = trials.values();
  for (const [name, results] of trials) {
    // In turn, so that each is compared with the one just before it.
    const ratios = (read: (trial: TrialResult) => number): number =>
      median(results.flatMap((trial, at) => (bare[at] === undefined ? [] : [read(trial) / read(bare[at])])));
    const rate = Math.round(median(results.map(({ linesPerSecond }) => linesPerSecond))).toLocaleString("en");
    const cpu = median(results.map(({ cpuSecondsPerMillion }) => cpuSecondsPerMillion)).toFixed(3);
    const shares = `${ratios((trial) => trial.linesPerSecond).toFixed(3)} ${ratios((trial) => trial.cpuSecondsPerMillion).toFixed(3)}`;
    const lost = results.reduce((sum, trial) => sum + trial.lost, 0);
    process.stdout.write(
      `${load.linesPerWrite} lines per write, ${name}: ${rate} lines/s, ${cpu} CPU s per million, median ratios ${shares}, ${lost} lost\n`,
    );
  }
  process.stdout.write(`${scrapes} scrapes\n`);
}

const [contestant] = VARIANTS[1] ?? VARIANTS[0] ?? [aggregator("none")];
const place = { transport: "unixsock", address: join(directory, "s"), output: join(directory, "out.jsonl") } as const;
const [program = "", ...words] = contestant.command({ ...place, directory, receiveBufferBytes: undefined });
const others = ["tcp=:0", "udp=:0", `unixgram=${directory}/g`, `fifo=${directory}/f`];
const child = spawn(program, [...words, ...others], { stdio: ["ignore", "pipe", "ignore"] });
let listening = 0;
for await (const line of createInterface({ input: child.stdout })) {
  if (line.startsWith('{"event":"listening"') && ++listening === 5) break;
}
const texts: string[] = [];
for (let n = 0; n <= SCRAPES; n++) {
  texts.push(await (await fetch(`http://${ADDRESS}/metrics`)).text());
  await pause(SCRAPE_MS);
}
const cpuIn = (text = ""): number => Number(/^process_cpu_seconds_total (.*)$/m.exec(text)?.[1]);
// The first ones are interpreted code.
const half = SCRAPES / 2;
const each = (1000 * (cpuIn(texts.at(-1)) - cpuIn(texts[half]))) / half;
process.stdout.write(`one scrape: ${each.toFixed(2)} ms of CPU, ${texts.at(-1)?.length} bytes\n`);
child.kill("SIGTERM");
await once(child, "close");
rmSync(directory, { recursive: true });
