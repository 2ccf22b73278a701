import { errnoOf } from "../core/errors.ts";
import { type Checkpoint, decodeCheckpoint } from "./checkpoint.ts";
import { SlotFile } from "./slot-file.ts";

/** A slot may be read while it is written. Another one is whole then, unless that has happened several times. */
const READS_MAX = 3;

/** What the checkpoint beside a log says: nothing yet, where its forwarder has not begun, or why it says nothing. */
export type CheckpointReading = "none" | "new" | Checkpoint | { readonly problem: string };

/** Reads a checkpoint that another process may be writing. It is neither locked nor changed. */
export function readCheckpoint(path: string): CheckpointReading {
  let reading = readOnce(path);
  for (let reads = 1; reads < READS_MAX && isProblem(reading); reads++) reading = readOnce(path);
  return reading;
}

export function isProblem(reading: CheckpointReading): reading is { readonly problem: string } {
  return typeof reading === "object" && "problem" in reading;
}

function readOnce(path: string): CheckpointReading {
  try {
    const slots = new SlotFile(path, "read");
    slots.close();
    const { payload, isDamaged } = slots;
    if (payload === undefined && !isDamaged) return "new";
    const checkpoint = payload === undefined ? undefined : decodeCheckpoint(payload);
    return checkpoint ?? { problem: "is damaged, or of another version" };
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    return code === "ENOENT" ? "none" : { problem: `can't be read (${code})` };
  }
}
