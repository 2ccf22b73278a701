import type * as Plots from "@observablehq/plot";

export type Mark = Plots.Markish;

/** Observable Plot, and the document that it draws into. Loaded once a report needs it: it takes a tenth of a second. */
export interface Plotter {
  readonly Plot: typeof Plots;
  /** The markup of a plot, ready for a page with a strict content security policy. */
  draw(options: Plots.PlotOptions): string;
}

/** What the plotter needs of an element. */
interface Element {
  readonly tagName: string;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  readonly outerHTML: string;
  innerHTML: string;
  querySelectorAll(selector: string): Iterable<Element>;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  remove(): void;
}

/** Width of the drawing in CSS pixels: on a screen, and on a phone. */
export const WIDTHS = { wide: 760, narrow: 340 } as const;

export async function loadPlotter(): Promise<Plotter> {
  const [Plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<html></html>");
  const draw = (options: Plots.PlotOptions): string => {
    const svg: unknown = Plot.plot({ ...options, document: document as never });
    return cleaned(svg as Element);
  };
  return { Plot, draw };
}

/** The names that the page describes in its own words, and styles, which the policy forbids. */
const REMOVED = new Set(["style", "aria-label", "aria-description", "aria-hidden", "font-family", "class"]);

function cleaned(svg: Element): string {
  for (const style of [...svg.querySelectorAll("style")]) style.remove();
  for (const element of [svg, ...svg.querySelectorAll("*")]) {
    for (const { name, value } of [...element.attributes]) {
      if (REMOVED.has(name) && !(name === "class" && value.startsWith("s "))) element.removeAttribute(name);
      else if (POSITIONS.has(name)) element.setAttribute(name, rounded(value));
    }
  }
  joinCells(svg);
  return svg.outerHTML;
}

/** Attributes whose numbers are pixels. Rounding others would change opacities. */
const POSITIONS = new Set(["d", "transform", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height"]);

function rounded(value: string): string {
  return value.replace(/-?\d+\.\d+(?:e-?\d+)?/g, (number) => String(Math.round(10 * Number(number)) / 10));
}

/** Joins the rects of each group that is marked as cells into one path per colour: a quarter of the size. */
function joinCells(svg: Element): void {
  for (const group of [...svg.querySelectorAll("g.cells")]) {
    const paths = new Map<string, string>();
    for (const rect of [...group.querySelectorAll("rect")]) {
      const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => rect.getAttribute(name) ?? "0");
      const fill = rect.getAttribute("fill") ?? "";
      paths.set(fill, `${paths.get(fill) ?? ""}M${x} ${y}h${width}v${height}h-${width}z`);
    }
    group.innerHTML = [...paths].map(([fill, d]) => `<path fill="${fill}" d="${d}"></path>`).join("");
  }
}
