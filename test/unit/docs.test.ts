import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { DOCUMENTED_SCRIPTS } from "../../src/lab/trace/collection.ts";
import { projectFile } from "../../src/os/project-file.ts";
import { PAGES, readPage } from "../support/doc-samples.ts";

/** The cells of the first table, or the nth, whose head begins with this text, or is this text where it ends in a line end. */
function tableRows(page: string, head: string, nth: number = 1): string[][] {
  const lines = readPage(page).split("\n");
  const heads = lines.flatMap((line, at) => (`${line}\n`.startsWith(head) ? [at] : []));
  const start = heads[nth - 1] ?? lines.length;
  const end = lines.findIndex((line, at) => at > start && !line.startsWith("|"));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test("docs/measuring.md lists every script with the summary of its header", () => {
  const scripts = readdirSync(projectFile("bpftrace")).filter((name) => name.endsWith(".bt"));
  const summaries = scripts.map((script) => {
    const name = script.replace(".bt", "");
    const summary = new RegExp(`^ \\* ${name}\\t+(.*)\\.$`, "m").exec(
      readFileSync(projectFile(`bpftrace/${script}`), "utf8"),
    );
    return [`\`${name}\``, summary?.[1]];
  });
  const listed = tableRows("docs/measuring.md", "| script | what it does |").map(([name, what]) => [name, what]);
  expect(listed.toSorted()).toEqual(summaries.toSorted());
});

test.each(DOCUMENTED_SCRIPTS)("the sample in the header of %s is in docs/traces/", (script) => {
  const header = readFileSync(projectFile(`bpftrace/${script}.bt`), "utf8").split("*/")[0] ?? "";
  const printed = readPage(`docs/traces/${script}.unixsock.txt`).split("\n");
  const sample = [...header.matchAll(/^ \* ((?:@|\[\d).*)$/gm)].map(([, line = ""]) => line);
  expect(sample.length).toBeGreaterThan(10);
  expect(sample.filter((line) => !printed.includes(line) && !printed.includes(`${line} `))).toEqual([]);
});

test("the figures of docs/analysis.md are those of docs/traces/", () => {
  const counts = new Map(
    tableRows("docs/traces/README.md", "| system call |").map(([name, ...cells]) => [name, cells]),
  );
  const counted = tableRows("docs/analysis.md", "| | unixsock | tcp | unixgram | udp | fifo | |");
  const compared = counted.filter(([name = ""]) => counts.has(name) || name === "all");
  expect(compared.length).toBeGreaterThan(8);
  for (const [name = "", ...cells] of compared) {
    expect([name, ...cells.slice(0, 5)]).toEqual([name, ...(counts.get(name === "all" ? "**all**" : name) ?? [])]);
  }
});

test("the peaks in docs/analysis.md are those of docs/traces/", () => {
  const traced = ["| producers' call |", "| aggregator |"].flatMap((head) => tableRows("docs/traces/README.md", head));
  const awake = tableRows("docs/traces/README.md", "| aggregator, CPUs awake |");
  const peaks = new Map(traced.map(([name, ...cells]) => [name, cells]));
  const [calls = [], sends = []] = tableRows("docs/analysis.md", "| | unixsock | tcp | unixgram | udp | fifo |\n");
  expect(sends.slice(1)).toEqual(calls.slice(1).map((call, at) => peaks.get(call)?.[at]?.replace(/ of .*/, "")));
  const wakeups = tableRows("docs/analysis.md", "| | unixsock | tcp | unixgram | udp | fifo |\n", 2);
  const [, ...asleepCells] = wakeups[0] ?? [];
  const [, ...awakeCells] = wakeups[1] ?? [];
  const lat = awake.find(([name]) => name === "`@lat`")?.slice(1);
  expect(asleepCells).toEqual(peaks.get("`@lat`")?.map((cell) => cell.replace(/ of .*/, "")));
  expect(awakeCells).toEqual(lat?.map((cell) => cell.replace(/ of .*/, "")));
});

test("the README's rates are in docs/performance-tables.md", () => {
  const rates = new Set(readPage("docs/performance-tables.md").match(/\d+(,\d{3})+/g));
  const table = tableRows("README.md", "| | log-aggregator | C limit | rsyslog |").flat().join(" ");
  const shown = table.match(/\d+(,\d{3})+/g) ?? [];
  expect(shown.length).toBeGreaterThan(15);
  expect(shown.filter((rate) => !rates.has(rate))).toEqual([]);
});

test("the README's histogram is that of docs/traces/", () => {
  const printed = readPage("docs/traces/syscall_latency.unixsock.txt");
  const histogram = /^```\n(@lat[\s\S]*?)```$/m.exec(readPage("README.md"))?.[1] ?? "";
  expect(histogram.split("\n").length).toBeGreaterThan(3);
  expect(printed.replace(/ +$/gm, "")).toContain(histogram);
});

test("docs/paths.svg shows every transport, for light and dark", () => {
  const picture = readPage("docs/paths.svg");
  const shown = [...picture.matchAll(/<text class="name" x="12" y="21">(\w+)</g)].map(([, name]) => name);
  expect(shown).toEqual(TRANSPORT_NAMES);
  expect(picture).toContain("@media (prefers-color-scheme: dark)");
});

test("README.md is at most 160 lines of at most 80 columns", () => {
  const lines = readPage("README.md").trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(160);
  expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
});

describe.each([...PAGES, "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "docs/traces/README.md"])(
  "%s",
  (page) => {
    test("its links lead somewhere", () => {
      const links = [...readPage(page).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, link = ""]) => link);
      expect(links.filter((link) => !leadsSomewhere(page, link))).toEqual([]);
    });
  },
);

function leadsSomewhere(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(projectFile(target))) return false;
  return anchor === undefined || headings(target).includes(anchor);
}

/** As they are named in addresses: lower case, no punctuation, hyphens for spaces. */
function headings(page: string): string[] {
  const titles = [...readPage(page).matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => title);
  return titles.map((title) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\d\-_ ]/gu, "")
      .replaceAll(" ", "-"),
  );
}
