import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { temporaryAddress } from "../../src/addresses/temporary-address.ts";
import type { TransportName } from "../../src/core/transport-name.ts";
import { projectFile } from "../../src/os/project-file.ts";
import { RunningProgram } from "./running-program.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** What every logging program begins with. `commands` are the lines that the test writes to its standard input. */
const HEAD = `
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { pino } from "pino";
import { destination } from "log-aggregator/pino";
const print = (fields) => process.stdout.write(JSON.stringify(fields) + "\\n");
const [to] = process.argv.slice(1);
const commands = () => createInterface({ input: process.stdin });
`;

/** A program that logs with pino as `code` says, to the endpoint `to`. It uses the package as others import it. */
export function loggingProgram(
  code: string,
  to: string,
  [command = "", ...before]: readonly string[] = [process.execPath],
): RunningProgram {
  const args = [...before, "--input-type=module", "--eval", HEAD + code, "--", to];
  return new RunningProgram(command, args, {
    cwd: projectFile("."),
    env: { PATH: process.env["PATH"] },
    stdin: "pipe",
  });
}

/** A line that a logging program sent, as it was stored. */
export interface StoredLine {
  readonly n?: number;
  readonly msg: string;
  readonly dropped?: number;
  readonly inDoubt?: number;
  readonly droppedTotal?: number;
  readonly inDoubtTotal?: number;
}

export function storedLines(output: string): StoredLine[] {
  const lines = readFileSync(output, "utf8").split("\n");
  return lines.slice(0, -1).map((line): StoredLine => JSON.parse(line));
}

/** The numbers of stored lines, in the order of the file. */
export function numbersIn(lines: readonly StoredLine[]): number[] {
  return lines.flatMap(({ n }) => (n === undefined ? [] : [n]));
}

/** Opens a destination and a logger, and defines log(COUNT), which logs numbered lines. */
export const LOG: string = `
const out = destination({ to });
const logger = pino({}, out);
const log = (count) => { for (let n = 0; n < count; n++) logger.info({ n }, "a line"); };
`;

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

export interface AggregatorScene {
  readonly aggregator: RunningProgram;
  /** The address, as programs name it. */
  readonly to: string;
  readonly output: string;
}

/** An aggregator at an address of its own. */
export async function aggregatorAt(name: TransportName): Promise<AggregatorScene> {
  const directory = temporaryDirectory();
  const output = join(directory, "out.jsonl");
  const aggregator = RunningProgram.aggregator([temporaryAddress(name, directory), "-o", output]);
  const { address } = await aggregator.event("listening");
  return { aggregator, to: `${name}=${String(address)}`, output };
}

/** The numbers of the lines that are stored when the aggregator has read everything, in the order of the file. */
export async function stored({ aggregator, output }: AggregatorScene): Promise<number[]> {
  aggregator.child.kill("SIGTERM");
  expect(await aggregator.event("closed")).toMatchObject({ residue: 0 });
  return numbersIn(storedLines(output));
}
