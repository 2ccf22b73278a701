import { latencyFigure } from "../../src/report/figures/latency.ts";
import { declarations } from "../../src/report/page/palette.ts";
import { loadPlotter, WIDTHS } from "../../src/report/plot/draw.ts";
import { isBlank } from "../../src/report/reading.ts";
import type { Summary } from "../../src/report/summary.ts";

const RULES =
  "svg{background:var(--paper);color:var(--mute);font:12px Inter,ui-sans-serif,system-ui,sans-serif}text{white-space:pre}";

/** Figure 1 as a picture that stands alone: as an `<img>` it follows the reader's light or dark scheme. */
export async function plotFile(summary: Summary): Promise<string> {
  const content = latencyFigure.content(summary);
  if (isBlank(content)) throw new Error(`Figure 1 has no data: ${content.why}`);
  const svg = content.draw(await loadPlotter(), WIDTHS.wide);
  const style = `<style>svg{${declarations("light")}}@media (prefers-color-scheme: dark){svg{${declarations("dark")}}}${RULES}</style>`;
  return `${svg.replace(/^<svg([^>]*)>/, (_, attributes: string) => `<svg${withNamespace(attributes)}>${style}`)}\n`;
}

function withNamespace(attributes: string): string {
  return attributes.includes("xmlns=") ? attributes : ` xmlns="http://www.w3.org/2000/svg"${attributes}`;
}
