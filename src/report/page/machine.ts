import type { Claim, Summary } from "../summary.ts";
import { escaped } from "./markup.ts";

/** What people say about the transports, and what measuring it here gave; nothing where no claims were measured. */
export function claimsSection({ claims }: Summary): string {
  if (claims.length === 0) return "";
  const heads = ["result", "claim", "measured here", "said by"].map((title) => `<th scope="col">${title}</th>`);
  const rows = claims.map(claimRow);
  return `<section class="claims"><h2 id="claims">What people say, checked here</h2><div class="scroll" tabindex="0" role="region" aria-label="Claims"><table data-sorts><thead><tr>${heads.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div></section>`;
}

function claimRow({ id, text, result, measured, by }: Claim): string {
  const [word, style] =
    result === "PASS"
      ? ["✓ holds", "good"]
      : result === "FAIL"
        ? ["✕ does not hold", "lost"]
        : ["– not measured", "small"];
  const cells = [`<td data-v="${word}" class="${style} nowrap">${word}</td>`];
  cells.push(`<td data-v="${escaped(text)}">${escaped(text)}<small>${escaped(id)}</small></td>`);
  cells.push(
    `<td data-v="${escaped(measured)}">${escaped(measured)}</td><td data-v="${escaped(by)}">${escaped(by)}</td>`,
  );
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
    cells.length === 0 ? "" : `<p class="small hidden">Not measured</p><ul class="missing">${cells.join("")}</ul>`;
  return `<section><h2 id="machine">This machine, this run</h2><dl class="facts">${rows.join("")}</dl>${list}</section>`;
}
