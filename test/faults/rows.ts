import type { FaultRow } from "../support/fault-row.ts";
import { fullDisk } from "./rows/full-disk.ts";
import { kill } from "./rows/kill.ts";
import { powerCut, powerCutControl } from "./rows/power-cut.ts";
import { refusedCalls } from "./rows/refused-calls.ts";

/** Every fault that is tested for real, as docs/reliability.md lists them. */
export const ROWS: readonly FaultRow[] = [kill, powerCut, powerCutControl, fullDisk, refusedCalls];
