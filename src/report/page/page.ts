import { createHash } from "node:crypto";
import { type FigureKind, SECTIONS, type SectionName } from "../figures/figure.ts";
import type { Plotter } from "../plot/draw.ts";
import { ranked } from "../ranking.ts";
import type { Summary } from "../summary.ts";
import { type Verdict, verdictOf } from "../verdict.ts";
import { day } from "../words.ts";
import { figureSection, type PreparedFigure } from "./figure-section.ts";
import { firstScreen, toggles } from "./first-screen.ts";
import { claimsSection, machineSection } from "./machine.ts";
import { escaped } from "./markup.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";
import { tableSections } from "./table-sections.ts";

/** What is lost is striped, so that it is told apart without its colour. Plots of the page refer to it. */
const STRIPES = `<svg width="0" height="0" class="hidden" aria-hidden="true"><defs><pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="var(--paper)"/><path d="M1 0V6" stroke="var(--lost)" stroke-width="1.4"/></pattern></defs></svg>`;

/** The whole page: one file that needs no network and no script to be read. */
export function page(summary: Summary, kinds: readonly FigureKind[], plotter: Plotter): string {
  const verdict = verdictOf(summary);
  const figures = kinds.map((kind, at) => ({ number: at + 1, kind, content: kind.content(summary) }));
  const sections = (Object.keys(SECTIONS) as SectionName[]).map((name) => {
    const own = figures.filter(({ kind }: PreparedFigure) => kind.section === name);
    return own.length === 0 ? "" : figureSection(name, own, { summary, plotter });
  });
  const main = [
    firstScreen(summary, verdict, ranked(summary)),
    toggles(summary),
    ...sections,
    tableSections(summary),
    claimsSection(summary),
    machineSection(summary),
  ];
  return `<!doctype html>
<html lang="en"><head>${head(summary, verdict)}</head><body>
<a class="skip" href="#verdict">Skip to the verdict</a>
${STRIPES}${header(summary)}
<main>
${main.join("\n")}
</main>
${footer(summary)}
<script>${SCRIPT}</script>
</body></html>
`;
}

function head(summary: Summary, { take }: Verdict): string {
  const title = `ipc-lab: ${take === undefined ? "no verdict" : `take ${take}`} (${day(summary.run.startedAt)})`;
  return `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy()}"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escaped(title)}</title><link rel="icon" href="data:,"><style>${STYLE}</style>`;
}

/** Nothing is loaded, and only this style and this script are applied. */
function policy(): string {
  const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return `default-src 'none'; style-src ${hash(STYLE)}; script-src ${hash(SCRIPT)}; img-src data:; base-uri 'none'; form-action 'none'`;
}

function header({ run, machine }: Summary): string {
  const place = `${day(run.startedAt)} · ${machine.cores}-core ${machine.cpu} · Linux ${machine.kernel} · Node ${machine.node}`;
  return `<header><div><b>ipc-lab</b> report</div><span>${escaped(place)}</span><button type="button" id="theme" aria-label="Light or dark">◐</button></header>`;
}

function footer({ run, machine }: Summary): string {
  const quote = `ipc-lab, ${machine.cores}-core ${machine.cpu}, Linux ${machine.kernel}, ${day(run.startedAt)}`;
  return `<footer>Quote it as “${escaped(quote)}”, with the load that the figure names. Data: results.jsonl, report.json and report.csv beside this file. Made with <code>ipc-lab report</code>.</footer>`;
}
