import { type FigureContent, type FigureKind, SECTIONS, type SectionName } from "../figures/figure.ts";
import { type Plotter, WIDTHS } from "../plot/draw.ts";
import { type Blank, isBlank } from "../reading.ts";
import type { Summary } from "../summary.ts";
import { escaped } from "./markup.ts";
import { numbersDetails } from "./numbers.ts";
import { slider } from "./slider.ts";
import { colourKey, transportKey } from "./symbol.ts";

/** A kind of figure with its number and what it says about this run. */
export interface PreparedFigure {
  readonly number: number;
  readonly kind: FigureKind;
  readonly content: FigureContent | Blank;
}

/** A question and its figures. */
export function figureSection(
  name: SectionName,
  figures: readonly PreparedFigure[],
  { summary, plotter }: { summary: Summary; plotter: Plotter },
): string {
  const markup = figures.map((figure) => figureMarkup(figure, { summary, plotter }));
  return `<section><h2 id="${name}-section">${SECTIONS[name]}</h2>${markup.join("")}</section>`;
}

function figureMarkup(
  { number, kind, content }: PreparedFigure,
  { summary, plotter }: { summary: Summary; plotter: Plotter },
): string {
  const { id } = kind;
  const link = `<a class="no" href="#${id}">Figure ${number}</a>`;
  if (isBlank(content)) {
    return `<figure id="${id}"><figcaption>${link}<h3>${escaped(kind.topic)}</h3></figcaption><p class="blank">Not measured: ${escaped(content.why)}.</p></figure>`;
  }
  const { finding, shows, howToRead, description } = content;
  const caption = `<figcaption>${link}<h3 id="${id}-title">${escaped(finding)}</h3><p>${escaped(shows)}</p><p class="small"><b>How to read it.</b> ${escaped(howToRead).replaceAll(" %", "\u00a0%")}</p><p class="hidden" id="${id}-values">${escaped(description)}</p></figcaption>`;
  const plots = (["wide", "narrow"] as const).map((size) => plot(content.draw(plotter, WIDTHS[size]), id, size));
  const below = id === "latency" ? slider(summary) : "";
  return `<figure id="${id}">${caption}<div class="plot">${plots.join("")}${keyOf(content, summary)}${below}${numbersDetails(content.numbers, `The numbers of Figure ${number}`)}</div></figure>`;
}

function plot(svg: string, id: string, size: "wide" | "narrow"): string {
  const named = svg.replace("<svg ", `<svg role="img" aria-labelledby="${id}-title ${id}-values" `);
  return `<div class="p ${size}">${named}</div>`;
}

function keyOf({ key }: FigureContent, summary: Summary): string {
  if (key === undefined) return "";
  return key === "transports" ? transportKey(summary.transports.map(({ name }) => name)) : colourKey(key);
}
