import { OperationalError } from "../core/errors.ts";
import type { Durability } from "../sink/durability.ts";
import { isRotatedName } from "../sink/rotated-files.ts";
import { type RotationPlan, rotates } from "../sink/rotation.ts";
import { isStandardOutput } from "../sink/standard-output.ts";

/** An output as its options describe it. */
export interface DescribedOutput {
  readonly output: string;
  readonly rotation: RotationPlan;
  /** Undefined where it wasn't given. */
  readonly mode?: number | undefined;
  readonly durability?: Durability | undefined;
}

/** What the caller calls each option, for messages. */
export type OutputOptionNames = Readonly<
  Record<keyof RotationPlan | Exclude<keyof DescribedOutput, "rotation">, string>
>;

const FIELDS: OutputOptionNames = {
  output: "output",
  mode: "mode",
  durability: "durability",
  bytesMax: "rotation.bytesMax",
  intervalMs: "rotation.intervalMs",
  keep: "rotation.keep",
  totalBytesMax: "rotation.totalBytesMax",
  freeBytesMin: "rotation.freeBytesMin",
  compress: "rotation.compress",
  keepUnforwarded: "rotation.keepUnforwarded",
  holdMs: "rotation.holdMs",
};

const OF_ROTATED_FILES = ["keep", "totalBytesMax", "freeBytesMin", "compress", "keepUnforwarded", "holdMs"] as const;

/** @throws OperationalError USAGE when an output can't be meant as its options say */
export function refuseContradictions(described: DescribedOutput, names: OutputOptionNames = FIELDS): void {
  const find = isStandardOutput(described.output) ? contradictionInStandardOutput : contradictionInFile;
  const contradiction = find(described, names);
  if (contradiction !== undefined) throw new OperationalError("USAGE", contradiction);
}

function contradictionInFile({ output, rotation }: DescribedOutput, names: OutputOptionNames): string | undefined {
  if (isRotatedName(output)) {
    return `${output} has the name of a rotated file, which the owner of that output may remove; pass another ${names.output}`;
  }
  const inVain = OF_ROTATED_FILES.find((name) => isSet(rotation[name]));
  if (inVain !== undefined && !rotates(rotation)) {
    return `${names[inVain]} is about rotated files, and there are none; add ${names.bytesMax} or ${names.intervalMs}`;
  }
  if (rotation.keepUnforwarded === false && rotation.holdMs !== undefined) {
    return `${names.holdMs} is about forwarded files, which don't matter without ${names.keepUnforwarded}; omit one of them`;
  }
  if ((rotation.totalBytesMax ?? Number.POSITIVE_INFINITY) <= (rotation.bytesMax ?? 0)) {
    return `${names.totalBytesMax} is no more than ${names.bytesMax}, so every file would be removed at once; raise it`;
  }
  return undefined;
}

/** It has no name to rotate and no mode, and a pipe can't be synced. */
function contradictionInStandardOutput(described: DescribedOutput, names: OutputOptionNames): string | undefined {
  const { rotation, mode, durability } = described;
  if (durability !== undefined && durability.mode !== "none") {
    return `standard output can't be synced, so ${names.durability} can only be none; omit it or name a file`;
  }
  const ofFiles = Object.entries({ ...rotation, mode }).find(([, value]) => isSet(value))?.[0];
  if (ofFiles === undefined) return undefined;
  return `${names[ofFiles as keyof OutputOptionNames]} is about files, and the output is standard output; omit it or name a file`;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false;
}
