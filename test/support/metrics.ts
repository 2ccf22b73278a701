import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { readPage } from "./doc-samples.ts";

/** What a program with --metrics serves. */
export class Scrape {
  readonly text: string;
  /** The values by name and labels as they are written: `name{a="b"}`. */
  readonly values: ReadonlyMap<string, number>;

  constructor(text: string) {
    this.text = text;
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    this.values = new Map(
      lines.map((line) => {
        const at = line.lastIndexOf(" ");
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
    );
  }

  /** The sum of all series with that name whose labels contain this text. */
  sum(name: string, labels = ""): number {
    const found = [...this.values].filter(([series]) => series.split("{")[0] === name && series.includes(labels));
    if (found.length === 0) throw new Error(`no ${name} with ${labels}:\n${this.text}`);
    return found.reduce((total, [, value]) => total + value, 0);
  }

  /** Every metric as a row of docs/metrics.md: name, type, labels, help; sorted. */
  rows(): string[][] {
    const types = new Map([...this.text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type = ""]) => [name, type]));
    const rows = [...this.text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name = "", help = ""]) => {
      const [series = ""] = [...this.values.keys()].filter((key) => key.split("{")[0] === name);
      const labels = [...series.matchAll(/(\w+)="/g)].map(([, label]) => `\`${label}\``);
      return [`\`${name}\``, types.get(name) ?? "", labels.join(", "), help];
    });
    return rows.toSorted();
  }
}

/** Scrapes once. */
export async function scrape(address: string): Promise<Scrape> {
  const response = await fetch(`http://${address}/metrics`);
  expect(response.status).toBe(200);
  return new Scrape(await response.text());
}

/** Scrapes until the condition holds. @throws after 200 different scrapes, with the last one */
export async function scrapeUntil(address: string, condition: (found: Scrape) => boolean): Promise<Scrape> {
  for (let last = "", scrapes = 0; ; ) {
    const found = await scrape(address);
    if (condition(found)) return found;
    if (found.text !== last) scrapes++;
    last = found.text;
    await pause(10);
    if (scrapes > 200) throw new Error(`the metrics don't become what is expected:\n${found.text}`);
  }
}

/** The address in the event of a program with --metrics. */
export function metricsAddress(stdout: string): string {
  const event = stdout.split("\n").find((line) => line.startsWith('{"event":"metrics"'));
  if (event === undefined) throw new Error(`no metrics event in ${stdout}`);
  return String(JSON.parse(event).address);
}

/** The rows of the tables in these sections of docs/metrics.md, sorted. */
export function documentedMetrics(...titles: readonly string[]): string[][] {
  const sections = readPage("docs/metrics.md").split(/^## /m);
  const rows = sections
    .filter((section) => titles.includes(section.split("\n")[0] ?? ""))
    .flatMap((section) => [...section.matchAll(/^\| (`\w+`) \| (\w+) \| (.*?) ?\| (.*) \|$/gm)]);
  return rows.map(([, ...cells]) => cells.map((cell = "") => cell.trim())).toSorted();
}
