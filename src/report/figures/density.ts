import type { Latency } from "../summary.ts";

/** Shares of lines per octave of latency, at the middles of bins. */
export type Density = readonly { readonly ns: number; readonly share: number }[];

/** A dip between two hills counts where it is this much lower than the smaller of them. */
const DIP = 0.5;
/** A hill counts from this share of the highest. */
const HILL = 0.15;

/** The histogram as a smoothed density over the logarithm of latency, with an empty bin at both ends. */
export function densityOf({ bins, lines }: Latency): Density {
  const [first] = bins;
  const last = bins.at(-1);
  if (first === undefined || last === undefined) return [];
  const found = new Map(bins.map(([from, to, count]) => [from, count / Math.log2(to / from)]));
  const edges = edgesBetween(first, last);
  const raw = edges.slice(0, -1).map((from) => (found.get(from) ?? 0) / lines);
  return raw.map((share, at) => {
    const from = edges[at] ?? 1;
    const to = edges[at + 1] ?? from;
    return { ns: Math.sqrt(from * to), share: (2 * share + (raw[at - 1] ?? 0) + (raw[at + 1] ?? 0)) / 4 };
  });
}

/** Bins are eight equal parts of each octave: all edges from two bins below the first to two above the last. */
function edgesBetween([low, up]: Latency["bins"][number], [, high]: Latency["bins"][number]): number[] {
  const edges: number[] = [];
  let width = up - low;
  let edge = low - 2 * width <= 0 ? low : low - 2 * width;
  while (edge < high + 3 * width) {
    edges.push(edge);
    width = 2 ** Math.floor(Math.log2(edge)) / 8;
    edge += width;
  }
  return edges;
}

/** How many hills the density has that are clearly apart. */
export function hillsOf(density: Density): number {
  const highest = Math.max(...density.map(({ share }) => share));
  let hills = 0;
  let top = 0;
  let dip = 0;
  let isRising = true;
  for (const { share } of density) {
    if (isRising) {
      top = Math.max(top, share);
      if (top < HILL * highest || share > (1 - DIP) * top) continue;
      hills++;
      isRising = false;
      dip = share;
    } else {
      dip = Math.min(dip, share);
      if (share > HILL * highest && dip < (1 - DIP) * share) {
        isRising = true;
        top = share;
      }
    }
  }
  return hills;
}
