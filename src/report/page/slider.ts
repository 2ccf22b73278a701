import { mainCells } from "../cells.ts";
import { seriesOf } from "../figures/latency.ts";
import { seriesClass } from "../plot/series.ts";
import type { Summary } from "../summary.ts";
import { duration } from "../words.ts";
import { namedSymbol } from "./symbol.ts";

/** Where the slider stands at first. */
const SHARE = 0.99;

/** Below Figure 1: "At 99 % of lines: …", for mouse, touch and arrow keys. Hidden until the script runs. */
export function slider(summary: Summary): string {
  const series = seriesOf(mainCells(summary));
  const longest = series.reduce<readonly { share: number }[]>(
    (most, { latency }) => (latency.curve.length > most.length ? latency.curve : most),
    [],
  );
  const at = Math.max(
    0,
    longest.findIndex(({ share }) => share >= SHARE - 1e-9),
  );
  const data = {
    shares: longest.map(({ share }) => shareText(share)),
    series: Object.fromEntries(
      series.map(({ name, latency }) => [name, latency.curve.map(({ ns }) => duration(ns.median))]),
    ),
  };
  const values = series.map(
    ({ name }) => `<li class="${seriesClass(name)}">${namedSymbol(name)} <output data-t="${name}"></output></li>`,
  );
  const input = `<input type="range" min="0" max="${longest.length - 1}" value="${at}" aria-label="Share of lines">`;
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return `<div class="slider" id="slider" hidden><label><span>At <b></b> of lines:</span>${input}</label><ul class="keys">${values.join("")}</ul></div><script type="application/json" id="curves">${json}</script>`;
}

function shareText(share: number): string {
  return share < 0.9
    ? `${Math.round(100 * share)} %`
    : `${Number((100 * share).toFixed(share < 0.99 ? 1 : share < 0.999 ? 2 : 3))} %`;
}
