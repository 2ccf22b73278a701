/** A record's severity: the source's word for it, and OpenTelemetry's number where it is known. */
export interface Severity {
  readonly severityText: string;
  readonly severityNumber?: number;
}

/** The numbers of the logs data model, for the words of common loggers and of syslog. */
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ["trace", 1],
  ["verbose", 1],
  ["debug", 5],
  ["info", 9],
  ["information", 9],
  ["informational", 9],
  ["notice", 10],
  ["warn", 13],
  ["warning", 13],
  ["error", 17],
  ["err", 17],
  ["critical", 18],
  ["crit", 18],
  ["alert", 19],
  ["emergency", 21],
  ["emerg", 21],
  ["panic", 21],
  ["fatal", 21],
]);

/** pino's and bunyan's levels: 10 to 60, in between those of one's own. */
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;

/** @param level the value of a line's field; undefined for what isn't a level */
export function severityOf(level: unknown): Severity | undefined {
  if (typeof level === "string" && level !== "") return ofWord(level);
  const word = typeof level === "number" && level < 70 ? LEVELS[Math.floor(level / 10) - 1] : undefined;
  return word === undefined ? undefined : ofWord(word);
}

function ofWord(word: string): Severity {
  const severityNumber = NUMBERS.get(word.toLowerCase());
  return { severityText: word, ...(severityNumber === undefined ? {} : { severityNumber }) };
}
