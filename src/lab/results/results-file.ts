import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { errnoOf, OperationalError } from "../../core/errors.ts";
import type { CellLine, FailedLine } from "./cell-line.ts";
import { complaintAbout, type ResultLine } from "./line-checks.ts";
import { RESULTS_SCHEMA, type RunLine } from "./run-line.ts";

/** The results' name in their folder. */
export const RESULTS_NAME = "results.jsonl";

/** One run: its plan, and what has been measured of it so far. */
export interface Results {
  readonly run: RunLine;
  /** In the order in which they were measured; each id once. */
  readonly cells: readonly CellLine[];
  /** Cells of the plan that could not be measured, the last attempt each. */
  readonly failed: readonly FailedLine[];
}

/**
 * Reads and checks the results of one run. A last line without LF, which a kill leaves, is ignored.
 *
 * @throws OperationalError INPUT_UNREADABLE for a file that can't be read, is not results, or has another schema
 */
export function readResults(path: string): Results {
  const { lines } = wholeLines(path);
  const [run, ...others] = lines.map((line, at) => checkedLine(path, line, at));
  if (run?.kind !== "run") throw unreadable(path, "has no run in its first line; pass the folder of an ipc-lab run");
  const cells = new Map<string, CellLine>();
  const failed = new Map<string, FailedLine>();
  for (const line of others) {
    if (line.kind === "cell") cells.set(line.id, line);
    else if (line.kind === "failed") failed.set(line.id, line);
  }
  return { run, cells: [...cells.values()], failed: [...failed.values()].filter(({ id }) => !cells.has(id)) };
}

/** How a run's first line begins. */
const BEGINNING = '{"kind":"run",';

/** Whether a file has the results of a run: what a kill leaves of the first line is none. */
export function hasRun(path: string): boolean {
  if (!existsSync(path)) return false;
  const { lines, rest } = wholeLines(path);
  return lines.length > 0 || !BEGINNING.startsWith(rest.slice(0, BEGINNING.length));
}

/** Appends lines to results.jsonl. Each is on the disk before append() returns, so a kill costs at most the cell that it interrupts. */
export class ResultsWriter {
  readonly #fd: number;

  /** Opens or creates the file; an unfinished last line is removed first. */
  constructor(path: string) {
    this.#fd = openSync(path, "a");
    const { bytes } = wholeLines(path);
    truncateSync(path, bytes);
  }

  append(line: ResultLine): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    for (let from = 0; from < bytes.length; ) from += writeSync(this.#fd, bytes, from);
    fdatasyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function wholeLines(path: string): { lines: string[]; bytes: number; rest: string } {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (cause) {
    throw unreadable(path, `can't be read (${errnoOf(cause)}); pass the folder of an ipc-lab run`, cause);
  }
  const bytes = content.lastIndexOf("\n") + 1;
  const lines = content.toString("utf8", 0, bytes).split("\n").slice(0, -1);
  return { lines, bytes, rest: content.toString("utf8", bytes) };
}

function checkedLine(path: string, line: string, at: number): ResultLine {
  const value = parsed(path, line, at);
  const schema = schemaOf(value);
  if (schema !== undefined && schema !== RESULTS_SCHEMA) {
    throw unreadable(path, `has schema ${schema}, and this version reads ${RESULTS_SCHEMA}; run ipc-lab again`);
  }
  const complaint = complaintAbout(value);
  if (complaint !== undefined) throw unreadable(path, `line ${at + 1}: ${complaint}; restore it, or run ipc-lab again`);
  return value as ResultLine;
}

function parsed(path: string, line: string, at: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw unreadable(path, `line ${at + 1} is not JSON; restore it, or run ipc-lab again`, cause);
  }
}

function schemaOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "schema" in value ? value.schema : undefined;
}

function unreadable(path: string, fact: string, cause?: unknown): OperationalError {
  return new OperationalError("INPUT_UNREADABLE", `${path} ${fact}`, { cause });
}
