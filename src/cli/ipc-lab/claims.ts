import { setImmediate as nextIteration } from "node:timers/promises";
import { type Command, Help } from "commander";
import { OperationalError } from "../../core/errors.ts";
import { type Claim, type ClaimResult, measureClaim } from "../../lab/claims/claim.ts";
import { CLAIMS } from "../../lab/claims/claims.ts";
import { EXIT } from "../run.ts";

const HELP = `
docs/trade-offs.md explains each claim.

Examples:
  $ ipc-lab claims                          all claims, about 15 seconds
  $ ipc-lab claims fifo-atomic udp-crash    only these

Exit: 0 no claim failed, or interrupted before one did; 1 a claim failed;
2 wrong usage.`;

/** `ipc-lab claims`. */
export function addClaims(lab: Command, stop: AbortSignal): void {
  lab
    .command("claims")
    .description("measure what is said of the five transports on this machine's kernel")
    .argument("[id...]", "claims to measure; all without it")
    .option("--json", "print one JSON object per claim", false)
    .addHelpText("after", HELP)
    .action((ids: string[], { json }: { readonly json: boolean }) => printClaims(ids, json, stop));
}

async function printClaims(ids: readonly string[], json: boolean, stop: AbortSignal): Promise<void> {
  const counts = { pass: 0, fail: 0, "not measured": 0 };
  for (const claim of claimsNamed(ids)) {
    // Many measurements don't wait for anything, and signals are handled between iterations.
    await nextIteration();
    if (stop.aborted) break;
    const result = await measureClaim(claim);
    counts[result.verdict]++;
    print(json ? JSON.stringify(result) : inWords(result));
  }
  const end = stop.aborted ? "interrupted: " : "";
  if (!json) print(`${end}${counts.pass} passed, ${counts.fail} failed, ${counts["not measured"]} not measured`);
  if (counts.fail > 0) process.exitCode = EXIT.operational;
}

/** @throws OperationalError USAGE for an id that no claim has */
function claimsNamed(ids: readonly string[]): readonly Claim[] {
  const unknown = ids.find((id) => !CLAIMS.some((claim) => claim.id === id));
  if (unknown !== undefined)
    throw new OperationalError("USAGE", `no claim is called ${unknown}; ipc-lab claims --json lists all of them`);
  return ids.length === 0 ? CLAIMS : CLAIMS.filter(({ id }) => ids.includes(id));
}

function inWords(result: ClaimResult): string {
  const { verdict, id, statement, original } = result;
  const found = verdict === "not measured" ? `not measured: ${result.reason}` : `measured: ${result.evidence}`;
  const sentences = [statement, found, ...(original === undefined ? [] : [`the Go original says: ${original}`])];
  return [`${WORDS[verdict]}  ${id}`, ...sentences.map(indented)].join("\n");
}

const INDENT = "      ";
const COLUMNS = 80;

function indented(sentence: string): string {
  return new Help().boxWrap(sentence, COLUMNS - INDENT.length).replace(/^/gm, INDENT);
}

const WORDS = { pass: "PASS", fail: "FAIL", "not measured": "–   " } as const;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
