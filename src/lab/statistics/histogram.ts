/**
 * Buckets per octave: a value is known to 1 part in 64, as with two significant digits of HdrHistogram. Up to 63 each
 * value has its own bucket.
 */
const SUB_BITS = 6;
const SUB_BUCKETS = 2 ** SUB_BITS;

/** A histogram as it is stored: sparse, in the order of the buckets. */
export interface HistogramData {
  /** Exact, of all values. */
  readonly count: number;
  readonly sum: number;
  readonly max: number;
  /** The numbers of buckets with values, and how many values. bucketLow() says where a bucket begins. */
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/** Counts integers from 0 in log-linear buckets, with exact count, sum and maximum. */
export class Histogram {
  readonly #counts = new Map<number, number>();
  #count = 0;
  #sum = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  /** @param value negative values count as 0 */
  record(value: number): void {
    const whole = Math.max(0, Math.round(value));
    const bucket = bucketOf(whole);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    this.#count++;
    this.#sum += whole;
    if (whole > this.#max) this.#max = whole;
  }

  data(): HistogramData {
    const buckets = [...this.#counts].sort(([a], [b]) => a - b);
    return { count: this.#count, sum: this.#sum, max: this.#max, buckets };
  }
}

/** The bucket of a whole number. */
export function bucketOf(value: number): number {
  if (value < SUB_BUCKETS) return value;
  // Most values have 32 bits, for which no logarithm is needed.
  const octave = (value < 2 ** 32 ? 31 - Math.clz32(value) : Math.floor(Math.log2(value))) - SUB_BITS;
  return octave * SUB_BUCKETS + Math.floor(value / 2 ** octave);
}

/** The lowest value of a bucket; its values end before bucketLow(bucket + 1). */
export function bucketLow(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket;
  const octave = Math.floor(bucket / SUB_BUCKETS) - 1;
  return (bucket - octave * SUB_BUCKETS) * 2 ** octave;
}

/** The value that a share (0 to 1) of the values don't exceed, to the middle of its bucket (nearest rank); undefined without values. */
export function histogramPercentile({ count, max, buckets }: HistogramData, share: number): number | undefined {
  if (count === 0) return undefined;
  const rank = Math.max(1, Math.ceil(share * count));
  if (rank >= count) return max;
  let below = 0;
  for (const [bucket, values] of buckets) {
    below += values;
    if (below >= rank) return Math.min(max, Math.floor((bucketLow(bucket) + bucketLow(bucket + 1) - 1) / 2));
  }
  return max;
}

/** How many values are at least so large, to a bucket: values in the bucket of `value` count. */
export function countFrom({ buckets }: HistogramData, value: number): number {
  const first = bucketOf(Math.round(value));
  return buckets.reduce((sum, [bucket, values]) => sum + (bucket >= first ? values : 0), 0);
}

/** The histogram of the values of several. */
export function mergeHistograms(all: readonly HistogramData[]): HistogramData {
  const counts = new Map<number, number>();
  for (const { buckets } of all) for (const [at, n] of buckets) counts.set(at, (counts.get(at) ?? 0) + n);
  return {
    count: all.reduce((sum, { count }) => sum + count, 0),
    sum: all.reduce((total, { sum }) => total + sum, 0),
    max: all.reduce((most, { max }) => Math.max(most, max), 0),
    buckets: [...counts].sort(([a], [b]) => a - b),
  };
}
