import type { FaultRow } from "../support/fault-row.ts";
import { floods } from "./rows/floods.ts";
import { fuzzing } from "./rows/fuzz.ts";

/** What hostile senders do, as docs/security.md lists it. */
export const SECURITY_ROWS: readonly FaultRow[] = [floods, ...fuzzing];
