import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextIteration } from "node:timers/promises";
import { CLAIMS_NAME } from "../summary/claims-file.ts";
import { type ClaimResult, measureClaim } from "./claim.ts";
import { CLAIMS } from "./claims.ts";

/**
 * Measures all claims, and keeps them in a results' folder for its reports. One that fails to be measured says why. Nothing is kept
 * when it is stopped.
 */
export async function keepClaims(folder: string, stop: AbortSignal): Promise<void> {
  const results: ClaimResult[] = [];
  for (const claim of CLAIMS) {
    // Many measurements don't wait for anything, and signals are handled between iterations.
    await nextIteration();
    if (stop.aborted) return;
    const { id, statement } = claim;
    const failed = (error: unknown): ClaimResult => ({ id, statement, verdict: "not measured", reason: String(error) });
    results.push(await measureClaim(claim).catch(failed));
  }
  const path = join(folder, CLAIMS_NAME);
  writeFileSync(`${path}.new`, results.map((result) => `${JSON.stringify(result)}\n`).join(""));
  renameSync(`${path}.new`, path);
}
