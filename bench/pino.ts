/**
 * log-aggregator/pino beside pino alone, its own file destination and pino-socket, over unixsock:
 *
 *     npm run build && node --import tsx bench/pino.ts
 *
 * docs/performance.md has a result. One run takes about 100 s.
 */
import { setTimeout as pause } from "node:timers/promises";
import { CONTESTANTS, type Contestant, type Load, type Result, Trial } from "./pino/trial.ts";

const SENDING = ["file", "pino-socket", "destination", "acked", "worker"] as const;
const REMOTE = ["pino-socket", "destination", "acked"] as const;
const PACED_SECONDS = 2;
const STALL_MS = 2500;

type Row = (result: Result) => string;

const speed: Row = ({ measured, lost }) => `${figure(measured?.linesPerSecond)}${lost > 0 ? `, ${lost} lost` : ""}`;
const p99: Row = ({ measured }) => figure(measured?.p99Us, 1);
const cpu: Row = ({ measured }) => figure(measured?.cpuUsPerLine, 2);
const memory: Row = ({ measured }) => figure(measured?.rssMiB, 1);
const losses: Row = ({ lost, doubled }) => `${lost}${doubled > 0 ? `, ${doubled} doubled` : ""}`;

function figure(value: number | undefined, digits = 0): string {
  return value === undefined ? "?" : value.toLocaleString("en", { maximumFractionDigits: digits });
}

const table: string[] = [];

/** Runs a load with each contestant, one after another, and adds rows of the results. */
async function measure(
  names: readonly Contestant[],
  rows: Readonly<Record<string, Row>>,
  run: (trial: Trial, name: Contestant) => Promise<Result>,
): Promise<void> {
  const results = new Map<Contestant, Result>();
  for (const name of names) results.set(name, await run(new Trial(), name));
  for (const [title, row] of Object.entries(rows)) {
    const cells = CONTESTANTS.map((name) => {
      const result = results.get(name);
      return result === undefined ? "–" : row(result);
    });
    table.push(`| ${[title, ...cells].join(" | ")} |`);
    process.stderr.write(`${table.at(-1)}\n`);
  }
}

const flood: Load = { lines: 200_000, perIteration: 200 };
const paced = (perSecond: number): Load => ({ lines: PACED_SECONDS * perSecond, perSecond });

await measure(CONTESTANTS, { "lines/s, 200 per iteration": speed }, (trial, name) => trial.run(name, flood));
await measure(CONTESTANTS, { "p99 of log.info() at 1,000/s, µs": p99 }, (trial, name) => trial.run(name, paced(1000)));
await measure(
  CONTESTANTS,
  { "p99 at 20,000/s, µs": p99, "CPU per line at 20,000/s, µs": cpu, "peak RSS, MiB": memory },
  (trial, name) => trial.run(name, paced(20_000)),
);
for (const end of ["exit", "throw", "SIGTERM"] as const) {
  const load: Load = { lines: 20_000, end };
  await measure(SENDING, { [`lost of 20,000 in the last iteration, ${end}`]: losses }, (trial, name) =>
    trial.run(name, load),
  );
}
await measure(SENDING, { "lost of 1,000, SIGKILL 10 ms later": losses }, (trial, name) =>
  trial.run(name, { lines: 1000, end: "SIGKILL" }),
);
await measure(REMOTE, { "lost of 8,000, receiver killed, back after 1 s": losses }, (trial, name) =>
  trial.run(name, { lines: 8000, perSecond: 4000 }, async () => {
    await pause(700);
    await trial.stop("SIGKILL");
    await pause(1000);
    await trial.start();
  }),
);
await measure(
  REMOTE,
  {
    [`lost at 20,000/s, receiver stalls ${STALL_MS} ms`]: losses,
    "the same, p99, µs": p99,
    "the same, peak RSS, MiB": memory,
  },
  (trial, name) =>
    trial.run(name, { lines: 80_000, perSecond: 20_000 }, async () => {
      await pause(700);
      trial.signal("SIGSTOP");
      await pause(STALL_MS);
      trial.signal("SIGCONT");
    }),
);
process.stdout.write(
  [`| | ${CONTESTANTS.join(" | ")} |`, `|---|${CONTESTANTS.map(() => "---:").join("|")}|`, ...table, ""].join("\n"),
);
