import type { Command } from "commander";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { type ProducerVerdict, type Verdict, verify } from "../lab/verify.ts";
import { type Column, tableHead, tableRow } from "../report/text-table.ts";
import { EXIT } from "./run.ts";

/** Lost ranges shown per producer; `--json` has them all. */
const RANGES_SHOWN = 5;

const COLUMNS: readonly Column<ProducerVerdict>[] = [
  { title: "producer", width: 20, align: "left", cell: (row) => row.producer },
  { title: "run", width: 8, align: "left", cell: (row) => row.run },
  { title: "lines", width: 9, align: "right", cell: (row) => String(row.lines) },
  { title: "lost", width: 7, align: "right", cell: (row) => String(row.lost) },
  { title: "duplicates", width: 10, align: "right", cell: (row) => String(row.duplicates) },
  { title: "reordered", width: 9, align: "right", cell: (row) => String(row.reordered) },
  { title: "first", width: 20, align: "left", cell: (row) => time(row.firstAt) },
  { title: "last", width: 20, align: "left", cell: (row) => time(row.lastAt) },
];

/** `ipc-lab verify`. */
export function addVerify(lab: Command): void {
  lab
    .command("verify")
    .description("read output files back and account for every producer's lines; exit 0 only when all are whole")
    .argument("<file...>", "the output, rotated files first; .gz too")
    .option("--json", "print one JSON object instead of the table", false)
    .action(async (files: string[], options: { json: boolean }) => {
      const verdict = await readable(verify(files));
      if (options.json) print(JSON.stringify(verdict));
      else printTable(verdict);
      if (!verdict.whole) process.exitCode = EXIT.linesLost;
    });
}

async function readable(verdict: Promise<Verdict>): Promise<Verdict> {
  try {
    return await verdict;
  } catch (cause) {
    if (errnoOf(cause) === undefined) throw cause;
    throw new OperationalError("INPUT_UNREADABLE", `${String(cause)}; pass files that can be read`, { cause });
  }
}

function printTable(verdict: Verdict): void {
  for (const line of tableHead(COLUMNS)) print(line);
  for (const producer of verdict.producers) {
    print(tableRow(COLUMNS, producer));
    const ranges = producer.lostRanges.slice(0, RANGES_SHOWN).map(([first, last]) => `${first}–${last}`);
    if (ranges.length > 0)
      print(`  lost: ${ranges.join(", ")}${producer.lostRanges.length > RANGES_SHOWN ? ", …" : ""}`);
  }
  print(`${verdict.lines} lines, ${verdict.foreign} of other programs, ${verdict.invalid} not JSON`);
  for (const path of verdict.torn) print(`${path} ends inside a line`);
  print(verdict.whole ? "whole: nothing lost, duplicated, reordered or torn" : "NOT whole");
}

function time(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().replace(".000", "");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
