import { createReadStream, createWriteStream, readdirSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { syncDirectory } from "./output-file.ts";
import { timeStamp } from "./time-stamp.ts";

/** When the output is set aside and a new one begun. Undefined means never for that reason. */
export interface RotationPlan {
  readonly bytesMax: number | undefined;
  readonly intervalMs: number | undefined;
  /** Files set aside that are kept; the oldest beyond it are removed. Undefined keeps all. */
  readonly keep: number | undefined;
  readonly compress: boolean;
}

const STAMP = /^\d{8}T\d{9}Z(-\d+)?(\.gz)?$/;

/** Whether a file of this size and age is due. An empty file never is. */
export function isDue(plan: RotationPlan, bytes: number, ageMs: number): boolean {
  if (bytes === 0) return false;
  return bytes >= (plan.bytesMax ?? Number.POSITIVE_INFINITY) || ageMs >= (plan.intervalMs ?? Number.POSITIVE_INFINITY);
}

/** A suffix that sorts by time and that no file beside the output has yet: `20261123T040000000Z`. */
export function rotationSuffix(path: string, now: Date): string {
  const stamp = timeStamp(now);
  const taken = new Set(readdirSync(dirname(path)));
  for (let i = 0; ; i++) {
    const suffix = i === 0 ? stamp : `${stamp}-${i}`;
    const name = `${basename(path)}.${suffix}`;
    if (!taken.has(name) && !taken.has(`${name}.gz`)) return suffix;
  }
}

/** What rotation has set aside, oldest first. */
function rotatedFiles(path: string): string[] {
  const prefix = `${basename(path)}.`;
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && STAMP.test(name.slice(prefix.length)))
    .sort()
    .map((name) => join(dirname(path), name));
}

export function prune(path: string, keep: number): void {
  const files = rotatedFiles(path);
  for (const file of files.slice(0, Math.max(0, files.length - keep))) unlinkSync(file);
}

/** Replaces a file by its gzip form, which gets its name only when it is whole and synced. */
export async function compress(path: string, signal: AbortSignal): Promise<void> {
  const part = `${path}.gz.part`;
  try {
    const whole = createWriteStream(part, { mode: 0o600, flush: true });
    await pipeline(createReadStream(path), createGzip(), whole, { signal });
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  renameSync(part, `${path}.gz`);
  syncDirectory(path);
  unlinkSync(path);
}
