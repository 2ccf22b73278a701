import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OperationalError } from "../../core/errors.ts";
import type { Claim } from "../../report/summary.ts";
import type { ClaimResult } from "../claims/claim.ts";

/** What `ipc-lab claims --json` printed, in the folder of a run. */
export const CLAIMS_NAME = "claims.jsonl";

/**
 * The claims that were measured for a run; none without the file.
 *
 * @throws OperationalError INPUT_UNREADABLE for a file that has something else in it
 */
export function readClaims(folder: string): Claim[] {
  const path = join(folder, CLAIMS_NAME);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line.trim() !== "").map((line, at) => claimOf(line, `${path} line ${at + 1}`));
}

function claimOf(line: string, place: string): Claim {
  try {
    const result: ClaimResult = JSON.parse(line);
    const { id, statement, original, verdict } = result;
    const measured = verdict === "not measured" ? result.reason : result.evidence;
    if (![id, statement, measured].every((text) => typeof text === "string")) throw new TypeError("no claim");
    return {
      id,
      text: statement,
      result: verdict === "pass" ? "PASS" : verdict === "fail" ? "FAIL" : null,
      measured,
      original: original ?? null,
    };
  } catch (cause) {
    const remedy = `write it by ipc-lab claims --json > ${CLAIMS_NAME}, or remove it`;
    throw new OperationalError("INPUT_UNREADABLE", `${place} is not a claim; ${remedy}`, { cause });
  }
}
