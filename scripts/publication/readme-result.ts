import { pacedRates } from "../../src/report/cells.ts";
import { table } from "../../src/report/exporters/table.ts";
import { plain } from "../../src/report/facts.ts";
import { busyMachine, configuration, lineLimit, type MainRow } from "../../src/report/main-table.ts";
import { ranked } from "../../src/report/ranking.ts";
import { isEstimate, type Reading } from "../../src/report/reading.ts";
import type { Summary } from "../../src/report/summary.ts";
import { wrapped } from "../../src/report/terminal/glyphs.ts";
import { verdictOf } from "../../src/report/verdict.ts";
import { day, digits, duration, percent, short } from "../../src/report/words.ts";

/** Between these lines the README is written by `npm run lab:publish`. */
const BEGIN = "<!-- result: npm run lab:publish -->";
const END = "<!-- /result -->";

const COLUMNS = 80;

/** When each is right; the first is what the others are compared with. */
const TAKE_IT: Readonly<Record<MainRow["transport"], string>> = {
  unixsock: "no other is needed",
  tcp: "senders are on other machines",
  unixgram: "messages must stay whole",
  udp: "senders must never wait",
  fifo: "senders can only write files",
};

/** The README's block: the verdict, the main table in one configuration, and the plot. */
export function readmeResult(summary: Summary, plotPath: string): string {
  const { take, why } = verdictOf(summary);
  const [first = ""] = why.map(plain);
  const { machine, run } = summary;
  const place = `${machine.cores}-core ${machine.cpu}, Linux ${machine.kernel.split("-")[0]}, ${day(run.startedAt)}`;
  const command = run.quick ? "npm run lab" : "ipc-lab run";
  const conditions =
    `By \`${command}\` ([more](docs/lab.md)): ${configuration(summary)}; ${place}. ${busyMachine(summary)}`.trim();
  const answer = `Take **${take ?? "none"}**: ${first.replace(/^It /, "it ")}`;
  const parts = [
    wrapped(answer, COLUMNS).join("\n"),
    mainTable(summary),
    wrapped(conditions, COLUMNS).join("\n"),
    `![Latency of each transport by percentile](${plotPath})`,
  ];
  return [BEGIN, ...parts.flatMap((part, at) => (at === 0 ? [part] : ["", part])), END]
    .join("\n")
    .replaceAll("\u00a0", " ");
}

function mainTable(summary: Summary): string {
  const highest = short(pacedRates(summary).at(-1) ?? 0);
  const text = (reading: Reading, format: (value: number) => string): string =>
    isEstimate(reading) ? format(reading.median) : "–";
  const rows = ranked(summary).map((row) => [
    row.transport,
    TAKE_IT[row.transport],
    lineLimit(row.facts),
    text(row.lost, (share) => (share === 0 ? "0" : percent(share))),
    text(row.p50Ns, duration),
    text(row.p99Ns, duration),
    text(row.cpuUs, digits),
  ]);
  return table(["", "take it when", "longest line", `lost, ${highest}/s`, "p50", "p99", "CPU µs/line"], rows, 2);
}

/** The README with the block replaced. @throws Error where its markers are missing */
export function withResult(readme: string, block: string): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  return readme.slice(0, from) + block + readme.slice(to + END.length);
}
