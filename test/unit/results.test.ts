import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { derived, measured, unmeasured } from "../../src/lab/results/measured.ts";
import { hasRun, RESULTS_NAME, ResultsWriter, readResults } from "../../src/lab/results/results-file.ts";
import { STAGES } from "../../src/lab/results/stages.ts";
import { projectFile } from "../../src/os/project-file.ts";
import { syntheticResults, writeSyntheticResults } from "../support/synthetic-results.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("results are read as they were written", () => {
  const path = writeSyntheticResults(temporaryDirectory());
  const { run, cells } = syntheticResults();
  expect(readResults(path)).toEqual({ run, cells, failed: [] });
});

test("a line that a kill cut short is ignored, and removed before the next one", () => {
  const path = writeSyntheticResults(temporaryDirectory());
  const whole = readResults(path);
  const [last] = whole.cells.slice(-1);
  appendFileSync(path, JSON.stringify(last).slice(0, 100));
  expect(readResults(path)).toEqual(whole);
  const writer = new ResultsWriter(path);
  writer.append({ kind: "failed", id: "flood/-/tcp/node/9", why: "tried" });
  writer.close();
  expect(readResults(path).failed).toEqual([{ kind: "failed", id: "flood/-/tcp/node/9", why: "tried" }]);
  expect(readResults(path).cells).toHaveLength(whole.cells.length);
});

test("a run whose first line a kill cut short is begun anew, and a file of something else is not", () => {
  const path = join(temporaryDirectory(), RESULTS_NAME);
  expect(hasRun(path)).toBe(false);
  const line = `${JSON.stringify(syntheticResults().run)}\n`;
  for (const bytes of [0, 1, 14, 15, line.length - 1]) {
    writeFileSync(path, line.slice(0, bytes));
    expect([bytes, hasRun(path)]).toEqual([bytes, false]);
  }
  writeFileSync(path, line);
  expect(hasRun(path)).toBe(true);
  writeFileSync(path, "my notes");
  expect(hasRun(path)).toBe(true);
  expect(() => readResults(path)).toThrow("has no run in its first line");
});

test("a cell that failed first and was measured later has not failed", () => {
  const path = join(temporaryDirectory(), RESULTS_NAME);
  const { run, cells } = syntheticResults();
  const [cell] = cells;
  if (cell === undefined) throw new Error("no cells");
  const writer = new ResultsWriter(path);
  writer.append(run);
  writer.append({ kind: "failed", id: cell.id, why: "the aggregator ended" });
  writer.append(cell);
  writer.close();
  expect(readResults(path)).toEqual({ run, cells: [cell], failed: [] });
});

describe("refuses", () => {
  const damaged = (change: (lines: string[]) => void): string => {
    const path = writeSyntheticResults(temporaryDirectory());
    const lines = readFileSync(path, "utf8").split("\n");
    change(lines);
    writeFileSync(path, lines.join("\n"));
    return path;
  };

  test.each<[string, (lines: string[]) => void, RegExp]>([
    ["another schema", (l) => replace(l, 0, ['"schema":1', '"schema":2']), /has schema 2, and this version reads 1/],
    ["a file without a run", (l) => l.shift(), /has no run in its first line/],
    ["what is not JSON", (l) => l.splice(3, 1, "{"), /line 4 is not JSON/],
    [
      "an unknown kind",
      (l) => replace(l, 1, ['"kind":"cell"', '"kind":"sell"']),
      /line 2: kind is none of run, cell, failed/,
    ],
    [
      "a text for a number",
      (l) => replace(l, 1, ['"stored":', '"stored":"x","was":']),
      /line 2: counts.stored is not a num/,
    ],
    [
      "a figure without collector",
      (l) => replace(l, 1, [',"by":"lab"}', "}"]),
      /line 2: \S+\.by is none of lab, ledger/,
    ],
    [
      "a blank without reason",
      (l) => replace(l, 1, ['"value":null,"why"', '"value":null,"wy"']),
      /line 2: .*\.why is not a/,
    ],
    [
      "another transport",
      (l) => replace(l, 1, ['"transport":"unixsock"', '"transport":"x"']),
      /transport is none of uni/,
    ],
  ])("%s", (_, change, message) => {
    expect(() => readResults(damaged(change))).toThrow(message);
  });

  test("a file that doesn't exist", () => {
    expect(() => readResults("/nowhere/results.jsonl")).toThrow(/can't be read \(ENOENT\)/);
  });
});

test("a figure that is computed from a missing one is missing for the same reason", () => {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  expect(derived([measured("proc", 1), measured("proc", 2)], sum)).toEqual({ value: 3, by: "proc" });
  expect(derived([measured("proc", 1), unmeasured("no root")], sum)).toEqual({ value: null, why: "no root" });
});

function replace(lines: string[], at: number, [from, to]: readonly [string, string]): void {
  const line = lines[at] ?? "";
  if (!line.includes(from)) throw new Error(`${from} is not in line ${at + 1}`);
  lines[at] = line.replace(from, to);
}

test("docs/lab.md explains every stage and every field of a cell", () => {
  const page = readFileSync(projectFile("docs/lab.md"), "utf8");
  for (const [name, what] of Object.entries(STAGES)) expect(page).toContain(`| \`${name}\` | ${what} |`);
  const { run, cells } = syntheticResults();
  const [cell] = cells;
  const names = [run, run.environment, cell, cell?.counts, cell?.costs.sender, cell?.queue, cell?.machine].flatMap(
    (object) => Object.keys(object ?? {}),
  );
  expect(names.filter((name) => !page.includes(`\`${name}\``) && !page.includes(`\`${name}.`))).toEqual([
    "kind",
    "kind",
  ]);
});
