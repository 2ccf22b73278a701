import type { Latency } from "../summary.ts";
import { whole } from "../words.ts";

const BAR_WIDTH = 52;
const SUFFIXES = ["", "K", "M", "G"];

/** A histogram by powers of two, exactly as bpftrace prints hist(), in ns. */
export function histogramLines({ bins, lines }: Latency, title: string): string[] {
  const octaves = new Map<number, number>();
  for (const [from, , count] of bins) {
    const octave = Math.floor(Math.log2(Math.max(1, from)));
    octaves.set(octave, (octaves.get(octave) ?? 0) + count);
  }
  const [first, last] = [Math.min(...octaves.keys()), Math.max(...octaves.keys())];
  const most = Math.max(...octaves.values());
  const rows = Array.from({ length: last - first + 1 }, (_, at) => {
    const octave = first + at;
    const count = octaves.get(octave) ?? 0;
    const label = `[${power(octave)}, ${power(octave + 1)})`;
    const bar = "@".repeat(Math.floor((BAR_WIDTH * count) / most));
    return `${label.padEnd(16)} ${String(count).padStart(8)} |${bar.padEnd(BAR_WIDTH)}|`;
  });
  return [`${title} (${whole(lines)} lines; ns, K = 1,024)`, ...rows];
}

/** 16K: as bpftrace writes powers of two. */
function power(exponent: number): string {
  const step = Math.min(SUFFIXES.length - 1, Math.floor(exponent / 10));
  return `${2 ** (exponent - 10 * step)}${SUFFIXES[step]}`;
}
