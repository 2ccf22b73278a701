import { readdirSync, readFileSync } from "node:fs";
import { projectFile } from "../../src/os/project-file.ts";

/** A command in a document, and what the document says that it prints. */
export interface Sample {
  readonly page: string;
  readonly command: string;
  /** Lines of the output; JSON and sentences that the document wraps are one line again. */
  readonly output: readonly string[];
}

/** README.md and every page of docs/, by its path in the project. */
export const PAGES: readonly string[] = [
  "README.md",
  ...readdirSync(projectFile("docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

export function readPage(page: string): string {
  return readFileSync(projectFile(page), "utf8");
}

/**
 * The fenced blocks of a page that follow `<!-- sample -->`, whose lines "$ COMMAND" name the commands, or
 * `<!-- sample: COMMAND -->`, which are the output of that command.
 */
export function samplesOf(page: string): Sample[] {
  const blocks = readPage(page).matchAll(/^<!-- sample(?:: (.*?))? -->\n```\n([\s\S]*?)^```$/gm);
  return [...blocks].flatMap(([, command, text = ""]) => {
    const parts = command === undefined ? text.split(/^\$ /m).slice(1) : [`${command}\n${text}`];
    return parts.map((part) => {
      const [first = "", ...output] = part
        .replace(/\n +(?=["{])/g, "")
        .replace(/\n {4}(?=\S)/g, " ")
        .trimEnd()
        .split("\n");
      return { page, command: first, output };
    });
  });
}

/**
 * What distinguishes a printed object from the sample of it: keys that one of them lacks, at any depth. "…" in a sample
 * stands for further keys or elements.
 */
export function differences(sample: unknown, printed: unknown, path: string = ""): string[] {
  if (Array.isArray(sample) && Array.isArray(printed)) {
    return sample[0] === "…" || printed.length === 0 ? [] : differences(sample[0], printed[0], `${path}[0]`);
  }
  if (!isObject(sample) || !isObject(printed)) return [];
  const absent = Object.keys(sample).filter((key) => key !== "…" && !(key in printed));
  const unshown = "…" in sample ? [] : Object.keys(printed).filter((key) => !(key in sample));
  const inside = Object.keys(sample).flatMap((key) => differences(sample[key], printed[key], `${path}.${key}`));
  return [
    ...absent.map((key) => `${path}.${key} isn't printed`),
    ...unshown.map((key) => `${path}.${key} is new`),
    ...inside,
  ];
}

/** JSON in which a document may have put "…" for what it leaves out. */
export function parseSample(text: string): unknown {
  return JSON.parse(
    text.replaceAll("[…]", '["…"]').replaceAll(/,? ?…\}/g, (found) => `${found[0] === "," ? "," : ""}"…":0}`),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Output as it is in every run: without numbers, and without the rows of tables, whose heads stay. */
export function withoutFigures(lines: readonly string[]): string[] {
  let gaps: number[] = [];
  const isRow = (line: string): boolean => gaps.length > 0 && gaps.every((at) => line.padEnd(at + 1)[at] === " ");
  return lines.flatMap((line) => {
    if (/^─[─ ]+$/.test(line)) gaps = [...line.matchAll(/ /g)].map(({ index }) => index);
    if (isRow(line)) return [];
    return [line.replace(/(?<!\w)\d[\d.,:TZ-]*/g, "#").replace(/ +/g, " ")];
  });
}
