import type { Claim, Summary } from "../summary.ts";
import { escaped } from "./markup.ts";

/**
 * What people say about the transports, and what measuring it here gave; nothing where no claims were measured. Those that fail,
 * could not be measured or contradict the Go original come first; the others wait behind a click.
 */
export function claimsSection({ claims }: Summary): string {
  if (claims.length === 0) return "";
  const isNotable = ({ result, original }: Claim): boolean => result !== "PASS" || original !== null;
  const [notable, others] = [claims.filter(isNotable), claims.filter((claim) => !isNotable(claim))];
  const more = `<details class="numbers"><summary>${others.length} more hold</summary>${claimsTable(others, "More claims")}</details>`;
  const first = notable.length === 0 ? "" : claimsTable(notable, "Claims");
  return `<section class="claims"><h2 id="claims">What people say, checked here</h2>${first}${others.length === 0 ? "" : more}</section>`;
}

function claimsTable(claims: readonly Claim[], name: string): string {
  const heads = ["result", "claim", "measured here", "the Go original says"];
  const head = heads.map((title) => `<th scope="col">${title}</th>`).join("");
  const body = claims.map(claimRow).join("");
  return `<div class="scroll" tabindex="0" role="region" aria-label="${name}"><table data-sorts><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function claimRow({ id, text, result, measured, original }: Claim): string {
  const [word, style] =
    result === "PASS"
      ? ["✓ holds", "good"]
      : result === "FAIL"
        ? ["✕ does not hold", "lost"]
        : ["– not measured", "small"];
  const cells = [`<td data-v="${word}" class="${style} nowrap">${word}</td>`];
  cells.push(`<td data-v="${escaped(text)}">${escaped(text)}<small>${escaped(id)}</small></td>`);
  for (const cell of [measured, original ?? ""]) cells.push(`<td data-v="${escaped(cell)}">${escaped(cell)}</td>`);
  return `<tr id="claim-${escaped(id)}">${cells.join("")}</tr>`;
}

/** What was recorded about the machine, and which cells are missing and why. */
export function machineSection({ machine, run, missing }: Summary): string {
  const facts: (readonly [string, string | null])[] = [
    ...machine.facts,
    ["cells measured", `${run.measured} of ${run.planned}${run.quick ? ", with --quick" : ""}`],
    ["collectors", run.collectors.join(", ")],
  ];
  const rows = facts.map(
    ([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value ?? "not readable here")}</dd></div>`,
  );
  const cells = missing.map(({ cell, why }) => `<li>${escaped(cell)}: ${escaped(why)}</li>`);
  const list =
    cells.length === 0 ? "" : `<p class="small after">Not measured:</p><ul class="missing">${cells.join("")}</ul>`;
  return `<section><h2 id="machine">This machine, this run</h2><dl class="facts">${rows.join("")}</dl>${list}</section>`;
}
