import type { TransportName } from "../../core/transport-name.ts";
import { seriesClass, seriesStyle } from "../plot/series.ts";

const SHAPES = {
  circle: (paint: string): string => `<circle cx="6" cy="6" r="4.5" ${paint}/>`,
  square2: (paint: string): string => `<rect x="1.5" y="1.5" width="9" height="9" ${paint}/>`,
  triangle: (paint: string): string => `<path d="M6 1L11 10.5H1Z" ${paint}/>`,
} as const;

/** A transport's mark, 12 px, in its colour. The name stands beside it. */
export function symbol(name: TransportName): string {
  const { symbol: shape, isHollow, colour } = seriesStyle(name);
  const paint = `fill="${isHollow ? "none" : colour}" stroke="${colour}" stroke-width="2"`;
  return `<svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">${SHAPES[shape](paint)}</svg>`;
}

/** Mark and name, as everywhere that a transport is named beside a drawing. */
export function namedSymbol(name: TransportName): string {
  return `<span class="name c-${name}">${symbol(name)}${name}</span>`;
}

/** The key of transports below a plot whose lines aren't named in it. */
export function transportKey(names: readonly TransportName[]): string {
  const items = names.map((name) => {
    const { colour, dash } = seriesStyle(name);
    const dashes = dash === undefined ? "" : ` stroke-dasharray="${dash}"`;
    const line = `<svg width="26" height="8" aria-hidden="true"><path d="M0 4H26" stroke="${colour}" stroke-width="2"${dashes}/></svg>`;
    return `<li class="${seriesClass(name)}">${namedSymbol(name)} ${line}</li>`;
  });
  return `<ul class="keys">${items.join("")}</ul>`;
}

/** The key of colours that are not transports. */
export function colourKey(entries: readonly { readonly colour: string; readonly text: string }[]): string {
  const items = entries.map(
    ({ colour, text }) =>
      `<li><svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" rx="2" fill="${colour}"/></svg>${text}</li>`,
  );
  return `<ul class="keys">${items.join("")}</ul>`;
}
