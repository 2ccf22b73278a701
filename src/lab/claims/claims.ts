import { BOUNDARIES } from "./boundaries.ts";
import type { Claim } from "./claim.ts";
import { COSTS } from "./costs.ts";
import { DELIVERY } from "./delivery.ts";
import { ENDINGS } from "./endings.ts";
import { WAITING } from "./waiting.ts";

/** Every claim of docs/trade-offs.md, in its order. */
export const CLAIMS: readonly Claim[] = [...DELIVERY, ...WAITING, ...BOUNDARIES, ...ENDINGS, ...COSTS];
