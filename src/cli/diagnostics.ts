import { type DestinationStream, destination, type Logger, type LoggerOptions, pino, stdTimeFunctions } from "pino";
import { printable, printableJson } from "../core/printable.ts";
import { type ColorChoice, hasColor } from "./color.ts";
import type { LiveLine } from "./live-line.ts";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

const STDERR = 2;
/** What stderr refuses, for instance on a full disk, is kept up to this number, and written before the next line. */
const UNWRITTEN_CHARACTERS_MAX = 256 * 1024;

export interface DiagnosticsOptions {
  /** The command's name; in every JSON line. */
  readonly name: string;
  readonly level: LogLevel;
  /** Readable lines when stderr is a terminal, otherwise one JSON object per line. */
  readonly terminal: boolean;
  readonly color: ColorChoice;
  /** Cleared before each line is written. */
  readonly liveLine?: LiveLine;
  /** Called when a line could not be written. */
  readonly failed?: () => void;
}

/** The program's diagnostics, on stderr. Lines are written synchronously, so none is lost when the process ends. */
export async function openDiagnostics(options: DiagnosticsOptions): Promise<Logger> {
  const stderr = destination({ fd: STDERR, sync: true, maxLength: UNWRITTEN_CHARACTERS_MAX });
  stderr.on("error", () => options.failed?.());
  const settings: LoggerOptions = {
    level: options.level,
    base: { name: options.name },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
  };
  // What a message quotes (a path, a peer's answer) may contain anything; pino leaves DEL, C1 and format characters unescaped.
  const readable = options.terminal ? await readableLines(options.color) : printableJson;
  const lines: DestinationStream = {
    write: (line) => {
      options.liveLine?.clear();
      stderr.write(readable(line));
    },
  };
  return pino(settings, lines);
}

/** Formats in this process. Loaded only for a terminal: it would add 10 ms to every start. */
async function readableLines(color: ColorChoice): Promise<(line: string) => string> {
  const { default: pretty } = await import("pino-pretty");
  const format = pretty.prettyFactory({
    colorize: hasColor(color),
    ignore: "name",
    hideObject: true,
    translateTime: "SYS:HH:MM:ss.l",
  });
  return (line) =>
    format(JSON.parse(line, (_key, value: unknown) => (typeof value === "string" ? printable(value) : value)));
}
