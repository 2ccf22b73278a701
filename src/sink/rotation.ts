/** When a new output is begun, and which rotated files are kept. Undefined means never, or without limit. */
export interface RotationPlan {
  readonly bytesMax: number | undefined;
  readonly intervalMs: number | undefined;
  /** Rotated files that are kept. */
  readonly keep: number | undefined;
  /** Bytes of all rotated files together. */
  readonly totalBytesMax: number | undefined;
  /** Least free bytes of the file system. */
  readonly freeBytesMin: number | undefined;
  readonly compress: boolean;
  /**
   * Whether files that are not forwarded yet are kept, unless space is short, and not compressed. Undefined: where a
   * forwarder's checkpoint is beside the output.
   */
  readonly keepUnforwarded: boolean | undefined;
  /** How long files stay after they were forwarded; 10 minutes where it is undefined. */
  readonly holdMs: number | undefined;
}

export const NO_ROTATION: RotationPlan = {
  bytesMax: undefined,
  intervalMs: undefined,
  keep: undefined,
  totalBytesMax: undefined,
  freeBytesMin: undefined,
  compress: false,
  keepUnforwarded: undefined,
  holdMs: undefined,
};

export function rotates({ bytesMax, intervalMs }: RotationPlan): boolean {
  return bytesMax !== undefined || intervalMs !== undefined;
}

/** Whether a file of this size and age is due. An empty file never is. */
export function isDue(plan: RotationPlan, bytes: number, ageMs: number): boolean {
  if (bytes === 0) return false;
  return bytes >= (plan.bytesMax ?? Number.POSITIVE_INFINITY) || ageMs >= (plan.intervalMs ?? Number.POSITIVE_INFINITY);
}
