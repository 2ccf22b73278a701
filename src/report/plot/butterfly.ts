import type { TransportName } from "../../core/transport-name.ts";
import { isNarrow, multiples, niceStep } from "./axes.ts";
import type { Plotter } from "./draw.ts";
import { type BarPart, barParts, ROW_LABEL_PX, rowHeight, rowNames } from "./rows.ts";

/** One part of a side, from the middle outwards. */
export interface WingPart {
  readonly value: number;
  readonly fill: string;
  readonly ink: string;
}

/** One transport: the sender's parts and the aggregator's. */
export interface Wings {
  readonly transport: TransportName;
  readonly sender: readonly WingPart[];
  readonly aggregator: readonly WingPart[];
}

/** Stacked bars in both directions: the sender to the left, the aggregator to the right. */
export function butterfly(
  plotter: Plotter,
  width: number,
  { rows, text, unit = "" }: { rows: readonly Wings[]; text: (value: number) => string; unit?: string },
): string {
  const { Plot } = plotter;
  const names = rows.map(({ transport }) => transport);
  const most = Math.max(1e-9, ...rows.flatMap(({ sender, aggregator }) => [total(sender), total(aggregator)]));
  const marginRight = 16;
  const perUnit = (width - ROW_LABEL_PX - marginRight) / (2 * most);
  const steps = multiples(niceStep(isNarrow(width) ? 2 * most : most), most);
  const ticks = [...steps.slice(1).map((step) => -step), ...steps];
  const bars = rows.flatMap((row) => [...wing(row, "sender", text), ...wing(row, "aggregator", text)]);
  return plotter.draw({
    width,
    height: rowHeight(width) * rows.length + 62,
    marginTop: 30,
    marginBottom: 30,
    marginLeft: ROW_LABEL_PX,
    marginRight,
    x: {
      domain: [-most, most],
      label: null,
      ticks,
      tickFormat: (tick: number) => `${text(Math.abs(tick)).replace(/\.0$/, "")}${tick === 0 ? "" : unit}`,
      tickSize: 0,
    },
    y: { type: "band", domain: names, axis: null, padding: 0.24 },
    marks: [
      Plot.gridX(ticks, { stroke: "var(--grid)", strokeOpacity: 1 }),
      ...rowNames(plotter, names),
      ...barParts(plotter, bars, perUnit),
      Plot.ruleX([0], { stroke: "var(--ink)" }),
      Plot.text([0], { x: () => -most / 2, frameAnchor: "top", dy: -18, text: () => "◀ sender" }),
      Plot.text([0], { x: () => most / 2, frameAnchor: "top", dy: -18, text: () => "aggregator ▶" }),
    ],
  });
}

function wing(row: Wings, side: "sender" | "aggregator", text: (value: number) => string): BarPart[] {
  const sign = side === "sender" ? -1 : 1;
  let from = 0;
  return row[side].map(({ value, fill, ink }) => {
    const start = from;
    from += value;
    const [x1, x2] = [sign * start, sign * from];
    return { transport: row.transport, from: Math.min(x1, x2), to: Math.max(x1, x2), fill, ink, text: text(value) };
  });
}

function total(parts: readonly WingPart[]): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}
