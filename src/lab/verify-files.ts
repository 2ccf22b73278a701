import { refuseUnless, refuseUnlessObject } from "../core/argument.ts";
import { OperationalError } from "../core/errors.ts";
import { readDoneEvents } from "./done-events.ts";
import type { Expectation } from "./findings.ts";
import type { ReadingLimits } from "./reading.ts";
import { hasChanged, type RotatedSet, rotatedSet } from "./rotated-set.ts";
import { type Verdict, verify } from "./verify.ts";

export interface VerifyFilesOptions extends Partial<ReadingLimits> {
  /** Lines and producers that must be in the files. */
  readonly expect?: Expectation;
  /** Files with what the producers printed on stdout: their `done` events are compared. */
  readonly against?: readonly string[];
  /** Whether a single file is read together with its rotated files. Default: true. */
  readonly rotated?: boolean;
  /** Runs of producers accounted for; lines of further ones are only counted. */
  readonly producersMax?: number;
}

/** What was found, and the files in which it was. */
export interface FilesVerdict extends RotatedSet, Verdict {}

/**
 * Reads output files back and accounts for the lines of every producer's runs: one file with its rotated files, oldest first, or
 * several as given.
 *
 * @throws OperationalError USAGE for arguments of other types, INPUT_UNREADABLE for a file that can't be read, and when the output was rotated meanwhile
 */
export async function verifyFiles(files: readonly string[], options: VerifyFilesOptions = {}): Promise<FilesVerdict> {
  refuseUntyped(files, options);
  const { expect: expected = {}, against, rotated = true, ...limits } = options;
  const claims = against === undefined ? {} : { claims: await readDoneEvents(against) };
  const output = files.length === 1 && rotated ? files[0] : undefined;
  const set = output === undefined ? { files, notes: [] } : await rotatedSet(output);
  const verdict = await verify(set.files, { ...limits, expected, ...claims }).finally(() => refuseChanged(output, set));
  return { ...set, ...verdict };
}

/** For programs that are not type-checked. */
function refuseUntyped(files: readonly string[], options: VerifyFilesOptions): void {
  refuseUnless(Array.isArray(files), { name: "files", value: files, wanted: "an array of paths" });
  for (const [at, value] of files.entries()) {
    refuseUnless(typeof value === "string", { name: `files[${at}]`, value, wanted: "a path" });
  }
  refuseUnlessObject({ name: "options", value: options, wanted: "an object" });
}

/** @throws OperationalError INPUT_UNREADABLE when files were rotated meanwhile, so that gaps would prove nothing */
async function refuseChanged(output: string | undefined, set: RotatedSet): Promise<void> {
  if (output === undefined || !(await hasChanged(output, set))) return;
  const remedy = "run this again, or stop the aggregator first, or name the files";
  throw new OperationalError("INPUT_UNREADABLE", `${output} was rotated while it was read; ${remedy}`);
}
