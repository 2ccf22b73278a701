import { duration } from "../words.ts";

/** The two margins that names need: 84 px on a screen, 64 on a phone. */
export function nameMargin(width: number): number {
  return width < 500 ? 64 : 84;
}

export function isNarrow(width: number): boolean {
  return width < 500;
}

/** Powers of ten within a domain. */
function decades([low, high]: readonly [number, number]): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 10 ** (first + i));
}

/** Ticks of a logarithmic axis: powers of ten, or, where fewer than two lie within it, also twice and five times these. */
export function logTicks(domain: readonly [number, number]): number[] {
  const tens = decades(domain);
  if (tens.length > 1) return tens;
  const [low, high] = domain;
  const first = Math.floor(Math.log10(low));
  const all = [0, 1, 2].flatMap((up) => [1, 2, 5].map((step) => step * 10 ** (first + up)));
  return all.filter((tick) => tick >= low && tick <= high);
}

/** A domain that holds all values with a margin, on a logarithmic scale. Values of 0 are left out. */
export function logDomain(values: readonly number[], margin = 1.15): [number, number] {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  if (positive.length === 0) return [1, 10];
  return [Math.min(...positive) / margin, Math.max(...positive) * margin];
}

export function clamp(value: number, [low, high]: readonly [number, number]): number {
  return Math.min(high, Math.max(low, value));
}

/** As ticks: 0, 1 ms. */
export function durationTick(ns: number): string {
  return ns === 0 ? "0" : duration(ns).replace(/\.0(?=\D)/, "");
}

/** Moves positions apart to at least a gap, keeping their order and staying within limits. @returns in the order given */
export function spread(wanted: readonly number[], gap: number, [from, to]: readonly [number, number]): number[] {
  const order = wanted.map((_, at) => at).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const placed: number[] = [];
  let next = from;
  for (const at of order) {
    const position = Math.max(next, wanted[at] ?? from);
    placed[at] = position;
    next = position + gap;
  }
  let limit = to;
  for (const at of order.reverse()) {
    placed[at] = Math.min(placed[at] ?? limit, limit);
    limit = (placed[at] ?? limit) - gap;
  }
  return placed;
}

/** 1, 2 or 5 times a power of ten, so that about four steps lie within. */
export function niceStep(most: number): number {
  const rough = most / 4;
  const ten = 10 ** Math.floor(Math.log10(rough));
  return ten * ([1, 2, 5, 10].find((step) => step * ten >= rough) ?? 10);
}

/** 0, and all multiples of a step up to a number. */
export function multiples(step: number, most: number): number[] {
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, at) => at * step);
}
