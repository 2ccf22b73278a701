import { OperationalError } from "../core/errors.ts";
import { isRotatedName } from "../sink/rotated-files.ts";
import { type RotationPlan, rotates } from "../sink/rotation.ts";

/** What the caller calls each option, for messages. */
export type RotationNames = Readonly<Record<keyof RotationPlan | "output", string>>;

const FIELDS: RotationNames = {
  output: "output",
  bytesMax: "rotation.bytesMax",
  intervalMs: "rotation.intervalMs",
  keep: "rotation.keep",
  totalBytesMax: "rotation.totalBytesMax",
  freeBytesMin: "rotation.freeBytesMin",
  compress: "rotation.compress",
};

/** @throws OperationalError USAGE when an output and its rotation can't be meant as they are */
export function refuseContradictions(output: string, plan: RotationPlan, names: RotationNames = FIELDS): void {
  const contradiction = contradictionIn(output, plan, names);
  if (contradiction !== undefined) throw new OperationalError("USAGE", contradiction);
}

function contradictionIn(output: string, plan: RotationPlan, names: RotationNames): string | undefined {
  if (isRotatedName(output)) {
    return `${output} has the name of a rotated file, which the owner of that output may remove; pass another ${names.output}`;
  }
  const inVain = (["keep", "totalBytesMax", "freeBytesMin", "compress"] as const).find(
    (name) => plan[name] !== undefined && plan[name] !== false,
  );
  if (inVain !== undefined && !rotates(plan)) {
    return `${names[inVain]} is about rotated files, and there are none; add ${names.bytesMax} or ${names.intervalMs}`;
  }
  if ((plan.totalBytesMax ?? Number.POSITIVE_INFINITY) <= (plan.bytesMax ?? 0)) {
    return `${names.totalBytesMax} is no more than ${names.bytesMax}, so every file would be removed at once; raise it`;
  }
  return undefined;
}
