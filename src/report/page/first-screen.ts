import type { Sentence } from "../facts.ts";
import { busyMachine, type MainRow } from "../main-table.ts";
import type { Summary } from "../summary.ts";
import type { Exception, Verdict } from "../verdict.ts";
import { mainTable } from "./main-table.ts";
import { escaped } from "./markup.ts";
import { namedSymbol, symbol } from "./symbol.ts";

/** The question, the answer, why, when another one, and the table. */
export function firstScreen(summary: Summary, verdict: Verdict, rows: readonly MainRow[]): string {
  const { take, why, exceptions } = verdict;
  const answer = take === undefined ? "No verdict" : `Take <span class="c-${take}">${take}</span>.`;
  const sentences = why.map(sentence).join(" ");
  return `<section class="first" aria-labelledby="verdict"><div><p class="question">Which transport should carry your logs on this machine?</p><h1 id="verdict">${answer}</h1><p class="why" id="why">${sentences}</p>${busy(summary)}</div>${otherwise(exceptions)}</section>${rows.length === 0 ? "" : mainTable(summary, rows)}`;
}

function busy(summary: Summary): string {
  const text = busyMachine(summary);
  return text === "" ? "" : `<p class="small rough">${escaped(text)}</p>`;
}

function otherwise(exceptions: readonly Exception[]): string {
  if (exceptions.length === 0) return "";
  const rows = exceptions.map(
    ({ transport, need, price }) =>
      `<div><dt>${namedSymbol(transport)}</dt><dd>${escaped(need)}<small>${sentence(price)}</small></dd></div>`,
  );
  return `<div class="else"><p>Take another one…</p><dl>${rows.join("")}</dl></div>`;
}

/** The sentence with links to the figures that prove it. */
function sentence(parts: Sentence): string {
  return parts
    .map((part) => {
      if (typeof part === "string") return escaped(part);
      const text = escaped(part.text);
      if ("transport" in part && part.transport !== undefined) return `<b class="c-${part.transport}">${text}</b>`;
      return part.figure === undefined ? text : `<a href="#${part.figure}">${text}</a>`;
    })
    .join("");
}

/** One button per transport, which fades the others in all figures; also the key of the page. */
export function toggles(summary: Summary): string {
  const buttons = summary.transports.map(
    ({ name }) => `<button type="button" value="${name}" aria-pressed="false">${symbol(name)}${name}</button>`,
  );
  const key = "● unix ■ internet ▲ pipe; filled and solid: stream, hollow and dashed: datagrams";
  return `<div class="bar" role="group" aria-label="Highlight a transport">Highlight ${buttons.join("")}<span>${key}</span></div>`;
}
