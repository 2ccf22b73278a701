/** The parts of a rotated file's name. */
export interface RotatedName {
  /** The whole name, without a directory. */
  readonly name: string;
  /** Whether a sync of the file failed: `app.jsonl.suspect-20261123T040000000Z`. */
  readonly isSuspect: boolean;
  readonly isCompressed: boolean;
  /** When the file was rotated, UTC; sorts by time. */
  readonly time: string;
  /** Counts the files that were rotated in the same millisecond, from 0. */
  readonly nth: number;
}

/** Counts have no leading zeros, so that no two names mean the same. */
const SUFFIX = /^(suspect-)?(\d{8}T\d{9}Z)(?:-([1-9]\d{0,8}))?(\.gz)?$/;

/** Parses the name of a file next to an output, both without a directory; undefined if it isn't a rotated file. */
export function parseRotatedName(output: string, name: string): RotatedName | undefined {
  if (!name.startsWith(`${output}.`)) return undefined;
  const [whole, suspect, time = "", nth = "0", gz] = SUFFIX.exec(name.slice(output.length + 1)) ?? [];
  if (whole === undefined) return undefined;
  return { name, isSuspect: suspect !== undefined, isCompressed: gz !== undefined, time, nth: Number(nth) };
}

/** Orders names by the time at which their files were rotated. */
export function compareRotatedNames(a: RotatedName, b: RotatedName): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  return a.nth - b.nth || Number(a.isSuspect) - Number(b.isSuspect) || Number(a.isCompressed) - Number(b.isCompressed);
}
