/** One bucket of a histogram: values from `low` up to but not including `high`. */
export interface Bucket {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** The maps that a script printed, by map ("@lat") and key ("write", or "" for a map without keys). */
export interface ScriptOutput {
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly histograms: ReadonlyMap<string, ReadonlyMap<string, readonly Bucket[]>>;
}

const MAP = /^(@\w*)(?:\[(.*)\])?:\s*(-?\d+)?$/;
const BUCKET = /^[[(]([^,\]]+)(?:, ([^)]+)\)|\])\s+(\d+) \|/;
const UNITS = ["", "K", "M", "G", "T", "P"];

/** Parses bpftrace's text output. Of a map that is printed several times, the last one counts. */
export function parseScriptOutput(text: string): ScriptOutput {
  const counts = new Map<string, Map<string, number>>();
  const histograms = new Map<string, Map<string, Bucket[]>>();
  let open: Bucket[] = [];
  for (const line of text.split("\n")) {
    const map = MAP.exec(line);
    if (map !== null) {
      const [, name = "", key = "", number] = map;
      if (number !== undefined) entry(counts, name).set(key, Number(number));
      else {
        open = [];
        entry(histograms, name).set(key, open);
      }
      continue;
    }
    const bucket = BUCKET.exec(line);
    if (bucket !== null) open.push(bucketOf(bucket));
  }
  return { counts, histograms };
}

/** How many values a histogram has. */
export function totalOf(buckets: readonly Bucket[]): number {
  return buckets.reduce((sum, { count }) => sum + count, 0);
}

/** The fullest bucket; the lowest one if there are several. */
export function peakOf(buckets: readonly Bucket[]): Bucket | undefined {
  return buckets.reduce<Bucket | undefined>(
    (peak, bucket) => (peak === undefined || bucket.count > peak.count ? bucket : peak),
    undefined,
  );
}

/** As bpftrace writes numbers: 16384 is "16K". */
export function shortNumber(value: number): string {
  let scaled = value;
  let unit = 0;
  while (scaled >= 1024 && scaled % 1024 === 0 && unit < UNITS.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${scaled}${UNITS[unit]}`;
}

function entry<Value>(maps: Map<string, Map<string, Value>>, name: string): Map<string, Value> {
  const found = maps.get(name) ?? new Map<string, Value>();
  maps.set(name, found);
  return found;
}

function bucketOf(match: RegExpExecArray): Bucket {
  const low = longNumber(match[1] ?? "");
  const high = match[2] === undefined ? low + 1 : longNumber(match[2]);
  return { low, high, count: Number(match[3]) };
}

function longNumber(text: string): number {
  if (text === "...") return Number.NEGATIVE_INFINITY;
  const unit = UNITS.indexOf(/[A-Z]$/.exec(text)?.[0] ?? "");
  return Number.parseInt(text, 10) * 1024 ** unit;
}
