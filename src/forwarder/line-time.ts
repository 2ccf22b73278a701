/** Fields in which loggers write the time: our producer, pino and most others, zap, Logstash. */
const FIELDS = ["timestamp", "time", "ts", "@timestamp"] as const;
/** A number of seconds, milliseconds, microseconds or nanoseconds since 1970 is below these limits until the year 5138. */
const UNITS_MS: readonly (readonly [limit: number, milliseconds: number])[] = [
  [1e11, 1000],
  [1e14, 1],
  [1e17, 1e-3],
  [Number.POSITIVE_INFINITY, 1e-6],
];

/** When a line was written, by the first of its fields that says it; undefined where none does. */
export function timeOf(line: string): Date | undefined {
  const record = recordIn(line);
  for (const field of FIELDS) {
    const date = dateIn(record[field]);
    if (date !== undefined && !Number.isNaN(date.getTime())) return date;
  }
  return undefined;
}

function recordIn(line: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}

function dateIn(value: unknown): Date | undefined {
  if (typeof value === "string") return new Date(value);
  if (typeof value !== "number" || value < 0) return undefined;
  const [, milliseconds = 1] = UNITS_MS.find(([limit]) => value < limit) ?? [];
  return new Date(value * milliseconds);
}
