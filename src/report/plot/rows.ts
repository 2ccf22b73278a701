import type { TransportName } from "../../core/transport-name.ts";
import { isNarrow } from "./axes.ts";
import type { Mark, Plotter } from "./draw.ts";
import { seriesClass, seriesStyle } from "./series.ts";

/** One part of a row's bar. */
export interface BarPart {
  readonly transport: TransportName;
  readonly from: number;
  readonly to: number;
  /** CSS colours of the part and of its text. */
  readonly fill: string;
  readonly ink: string;
  readonly text: string;
}

export const ROW_LABEL_PX = 76;

/** The names of transports at the left, each on its row of a band scale. */
export function rowNames({ Plot }: Plotter, names: readonly TransportName[], dx: number = -ROW_LABEL_PX): Mark[] {
  return names.map((name) =>
    Plot.text([name], {
      className: seriesClass(name),
      y: () => name,
      text: () => name,
      frameAnchor: "left",
      textAnchor: "start",
      dx,
      fill: seriesStyle(name).colour,
      fontWeight: "600",
    }),
  );
}

/**
 * Stacked bars. A part's text is drawn where it has room, which can't be measured here: 7 px a character.
 *
 * @param perUnit pixels of one unit on the x axis
 */
export function barParts({ Plot }: Plotter, parts: readonly BarPart[], perUnit: number): Mark[] {
  const names = [...new Set(parts.map(({ transport }) => transport))];
  return names.flatMap((name) => {
    const own = parts.filter(({ transport }) => transport === name);
    const className = seriesClass(name);
    const bars = own.map(({ from, to, fill }) =>
      Plot.barX([name], { className, x1: from, x2: to, y: () => name, fill, insetLeft: 0.5, insetRight: 0.5 }),
    );
    const texts = own
      .filter(({ from, to, text }) => Math.abs(to - from) * perUnit > 7 * text.length + 4)
      .map(({ from, to, ink, text }) =>
        Plot.text([name], { className, x: (from + to) / 2, y: () => name, text: () => text, fill: ink }),
      );
    return [...bars, ...texts];
  });
}

export function rowHeight(width: number): number {
  return isNarrow(width) ? 32 : 36;
}
