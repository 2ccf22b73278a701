import type { NumbersTable } from "../numbers.ts";
import type { Plotter } from "../plot/draw.ts";
import type { Blank } from "../reading.ts";
import type { Summary } from "../summary.ts";

/** The page's sections are questions. */
export const SECTIONS = {
  latency: "How long does a line take?",
  load: "What happens when it gets too much?",
  cost: "What does a line cost, and where does the time go?",
  send: "What happens inside a send?",
} as const;

export type SectionName = keyof typeof SECTIONS;

/** One entry of a figure's key: a colour by its CSS variable, and what it stands for. */
export interface KeyEntry {
  readonly colour: string;
  readonly text: string;
}

/** What a figure says about one run. */
export interface FigureContent {
  /** The finding, from the data: the figure's title. */
  readonly finding: string;
  /** One sentence: what this shows. */
  readonly shows: string;
  /** One or two sentences: how to read it. */
  readonly howToRead: string;
  /** For those who can't see it: a sentence with the main values. */
  readonly description: string;
  readonly numbers: NumbersTable;
  /** Of colours that are not transports; those are named where they are drawn, or below it. */
  readonly key: readonly KeyEntry[] | "transports" | undefined;
  draw(plotter: Plotter, width: number): string;
}

/** A kind of figure: a file, and a line in figures.ts. */
export interface FigureKind {
  readonly id: string;
  readonly section: SectionName;
  /** The title where there is no data. */
  readonly topic: string;
  /** A blank says why this run has no such figure. */
  content(summary: Summary): FigureContent | Blank;
}
