import { readPage } from "./doc-samples.ts";

/** The code of one section of README.md, in its order. */
export interface Section {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** A line for a shell, or a program in the language of its fence. */
export interface Step {
  readonly kind: "shell" | "python" | "js";
  readonly text: string;
}

/** The sections of README.md that have code. Blocks of another language, or of none, are output. */
export function readmeSections(): Section[] {
  const sections = readPage("README.md").split(/^## /m).slice(1);
  return sections
    .map((text) => ({ title: text.split("\n", 1)[0] ?? "", steps: stepsOf(text) }))
    .filter(({ steps }) => steps.length > 0);
}

function stepsOf(section: string): Step[] {
  const steps: Step[] = [];
  for (const [, language, program, line] of section.matchAll(/^```(\w*)\n([\s\S]*?)^```$|^ {4}(\S.*)$/gm)) {
    if (line !== undefined) steps.push({ kind: "shell", text: line.replace(/\s{2,}#.*$/, "") });
    else if (language === "python" || language === "js") steps.push({ kind: language, text: program ?? "" });
  }
  return steps;
}
