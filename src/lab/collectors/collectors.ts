import type { Collector } from "./collector.ts";
import { PROC } from "./proc.ts";

/** All collectors. Where several measure the same, the later one's figure counts. */
export const COLLECTORS: readonly Collector[] = [PROC];
