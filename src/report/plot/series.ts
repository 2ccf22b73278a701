import type { TransportName } from "../../core/transport-name.ts";

/** How a transport is drawn. Family: hue and shape (unix, internet, pipe). Stream or datagrams: filled and solid, or hollow and dashed. */
export interface SeriesStyle {
  readonly symbol: "circle" | "square2" | "triangle";
  readonly isHollow: boolean;
  /** stroke-dasharray; undefined is solid. */
  readonly dash: string | undefined;
  /** CSS colours, defined for light and dark by the page's palette. */
  readonly colour: string;
  readonly pale: string;
}

const SHAPES: Readonly<Record<TransportName, Pick<SeriesStyle, "symbol" | "isHollow" | "dash">>> = {
  unixsock: { symbol: "circle", isHollow: false, dash: undefined },
  tcp: { symbol: "square2", isHollow: false, dash: undefined },
  unixgram: { symbol: "circle", isHollow: true, dash: "6 3" },
  udp: { symbol: "square2", isHollow: true, dash: "6 3" },
  fifo: { symbol: "triangle", isHollow: false, dash: "2 3" },
};

export function seriesStyle(name: TransportName): SeriesStyle {
  return { ...SHAPES[name], colour: `var(--${name})`, pale: `var(--${name}-pale)` };
}

/** The class of everything that is drawn for one transport; the page's toggles fade by it. */
export function seriesClass(name: TransportName): string {
  return `s t-${name}`;
}
