import { printable } from "../../core/printable.ts";
import type { Finding } from "../../lab/findings.ts";
import type { RotatedSet } from "../../lab/rotated-set.ts";
import type { RunVerdict } from "../../lab/run-verdict.ts";
import type { Verdict } from "../../lab/verify.ts";
import { type Column, tableHead, tableRow } from "../../report/text-table.ts";

/** Rows and, for each, ranges of missing numbers that are shown; `--json` has all that are known. */
const ROWS_SHOWN = 100;
const RANGES_SHOWN = 5;

const COLUMNS: readonly Column<RunVerdict>[] = [
  { title: "producer", width: 20, align: "left", cell: (row) => printable(row.producer) },
  { title: "run", width: 8, align: "left", cell: (row) => printable(row.run) },
  { title: "lines", width: 9, align: "right", cell: (row) => atLeast(row, row.lines) },
  { title: "missing", width: 7, align: "right", cell: (row) => atLeast(row, row.missing) },
  { title: "duplicates", width: 10, align: "right", cell: (row) => atLeast(row, row.duplicates) },
  { title: "reordered", width: 9, align: "right", cell: (row) => atLeast(row, row.reordered) },
  { title: "first", width: 20, align: "left", cell: (row) => time(row.firstAt) },
  { title: "last", width: 20, align: "left", cell: (row) => time(row.lastAt) },
];

/** The words for each finding, with its count. */
const WORDS: Readonly<Record<Finding["kind"], (count: number) => string>> = {
  missing: (n) => `${n} missing`,
  lost: (n) => `${n} counted as sent and not here`,
  exceeded: (n) => `${counted(n, "producer")} with numbers that it never gave`,
  jumps: (n) => `${counted(n, "implausible number")}`,
  duplicates: (n) => `${counted(n, "duplicate")}`,
  reordered: (n) => `${n} reordered`,
  unplaced: (n) => `${n} too late to be placed (each a duplicate or reordered)`,
  invalid: (n) => `${n} not JSON`,
  torn: (n) => `${counted(n, "torn line")}`,
  fewerLines: (n) => `${counted(n, "line")} fewer than expected`,
  fewerProducers: (n) => `${counted(n, "producer")} fewer than expected`,
  moreLines: (n) => `${counted(n, "line")} more than expected`,
  moreProducers: (n) => `${counted(n, "producer")} more than expected`,
  others: (n) =>
    `${counted(n, "line")} of producers that were not accounted for (--max-producers, or their names are too long)`,
  oversize: (n) => `${counted(n, "line")} too long to be looked at (--max-line)`,
  unread: (n) => `${counted(n, "file")} not read to the end (--max-bytes)`,
  unclaimed: (n) => `${counted(n, "run")} without a done event`,
  unnumbered: (n) => `${counted(n, "done event")} of producers whose lines carry no numbers`,
};

/** The findings that a late line that couldn't be placed may belong to. */
const BOUNDS: ReadonlySet<Finding["kind"]> = new Set(["missing", "lost", "fewerLines", "duplicates", "reordered"]);

/** The lines that `ipc-lab verify` prints. Text from the files can't control a terminal. */
export function verifyReport({ files, notes }: RotatedSet, verdict: Verdict): string[] {
  return [
    ...(files.length > 1
      ? [`${files.length} files, from ${printable(files[0] ?? "")} to ${printable(files.at(-1) ?? "")}`]
      : []),
    ...notes.map(({ path, note }) => `${printable(path)}: ${note}`),
    ...(verdict.runs.length > 0 ? [...tableHead(COLUMNS), ...rows(verdict.runs)] : []),
    `${counted(verdict.lines, "line")}, ${verdict.foreign} of other programs, ${verdict.invalid} not JSON`,
    ...verdict.torn.map((path) => `${printable(path)} ends inside a line`),
    ...verdict.unread.map((path) => `${printable(path)} was not read to its end`),
    ...conclusion(verdict),
  ];
}

/** When there are too many runs for a terminal, those with findings come first. */
function rows(runs: readonly RunVerdict[]): string[] {
  const shown =
    runs.length <= ROWS_SHOWN ? runs : [...runs].sort((a, b) => Number(hasFindings(b)) - Number(hasFindings(a)));
  const lines = shown.slice(0, ROWS_SHOWN).flatMap((run) => [tableRow(COLUMNS, run), ...details(run)]);
  const more = runs.length - ROWS_SHOWN;
  return more > 0
    ? [...lines, `… and ${more} more runs, ${shown.slice(ROWS_SHOWN).filter(hasFindings).length} of them with findings`]
    : lines;
}

function hasFindings(run: RunVerdict): boolean {
  return details(run).length + run.duplicates + run.reordered + run.unplaced > 0;
}

function details({ missingRanges, moreRanges, jumps, moreJumps, claim }: RunVerdict): string[] {
  const lines: string[] = [];
  const ranges = missingRanges
    .slice(0, RANGES_SHOWN)
    .map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  const more = missingRanges.length + moreRanges - ranges.length;
  if (more > 0) ranges.push(`and ${more} more ranges`);
  if (ranges.length > 0) lines.push(`  missing: ${ranges.join(", ")}`);
  for (const [first, last] of jumps.slice(0, RANGES_SHOWN)) {
    lines.push(
      `  implausible: number ${last + 1} after ${first - 1}; forged or damaged, so what lies between is not counted as missing`,
    );
  }
  const moreHidden = jumps.length + moreJumps - Math.min(jumps.length, RANGES_SHOWN);
  if (moreHidden > 0) lines.push(`  implausible: ${counted(moreHidden, "more number")}`);
  if (claim !== null && claim.lost + claim.unsent > 0) {
    const lost = claim.lost === 0 ? "" : `; ${claim.lost} of these are not here`;
    lines.push(`  its done event: ${claim.sent} sent${lost}; ${claim.unsent} not sent or in doubt`);
  }
  if (claim?.isExceeded === true) lines.push(`  it gave only the numbers below ${claim.sent + claim.unsent}`);
  return lines;
}

function conclusion({ outcome, flaws, doubts, runs }: Verdict): string[] {
  const areBounds = flaws.some(({ kind }) => kind === "unplaced");
  const words = (findings: readonly Finding[]): string =>
    findings
      .map(({ kind, count }) => `${areBounds && BOUNDS.has(kind) ? "at least " : ""}${WORDS[kind](count)}`)
      .join(", ");
  switch (outcome) {
    case "flawed":
      return [
        `NOT whole: ${words(flaws)}`,
        ...(doubts.length > 0 ? [`not everything could be judged: ${words(doubts)}`] : []),
      ];
    case "undecided":
      return [`undecided, because not everything could be judged: ${words(doubts)}`];
    case "nothing":
      return ["nothing to judge: no line of a producer is here"];
    case "intact":
      return [
        "intact: no gap, duplicate, reordered or torn line",
        "Missing last lines and missing producers can't be detected from the lines alone; --expect or --against can.",
      ];
    case "complete": {
      const unsent = runs.reduce((sum, { claim }) => sum + (claim?.unsent ?? 0), 0);
      if (unsent === 0) return ["complete: all lines are here, once and in order"];
      return [
        "complete: as many lines of each producer as it counts as sent are here, once and in order",
        `${counted(unsent, "line")} that producers count as not sent or in doubt may be here or not`,
      ];
    }
  }
}

/** Late lines that couldn't be placed may be duplicates or reordered, or fill a gap. */
function atLeast({ unplaced }: RunVerdict, count: number): string {
  return unplaced > 0 ? `≥${count}` : String(count);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A dash for what is not a date: a timestamp is whatever the line says. */
function time(unixSeconds: number | null): string {
  const date = new Date(unixSeconds === null ? Number.NaN : unixSeconds * 1000);
  return Number.isNaN(date.getTime()) ? "–" : date.toISOString().replace(/\.\d{3}/, "");
}
