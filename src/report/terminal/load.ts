import { pacedRates } from "../cells.ts";
import { fatesOf } from "../figures/load.ts";
import type { Summary } from "../summary.ts";
import { short } from "../words.ts";
import { coloured, padded, type TerminalLook } from "./glyphs.ts";

const NAME_WIDTH = 13;
const BAR_WIDTH = 10;
/** Rates in a line: the highest ones, if not all fit. */
const RATES_MAX = 5;

/** What became of the lines at each rate: in time, late, lost. */
export function loadLines(summary: Summary, look: TerminalLook): string[] {
  const rates = pacedRates(summary).slice(-RATES_MAX);
  const fates = fatesOf(summary);
  if (fates.length === 0) return [];
  const [inTime, late, lost] = look.hasUnicode ? ["█", "░", "×"] : ["#", ".", "x"];
  const rows = summary.transports.map(({ name }) => {
    const bars = rates.map((rate) => {
      const fate = fates.find((one) => one.transport === name && one.rate === rate);
      if (fate === undefined) return padded(look.hasUnicode ? "–" : "-", BAR_WIDTH);
      // What is lost or late at all is shown.
      const lostCells = fate.lost === 0 ? 0 : Math.max(1, Math.round(BAR_WIDTH * fate.lost));
      const lateCells = fate.late === 0 ? 0 : Math.max(1, Math.round(BAR_WIDTH * fate.late));
      const kept = Math.max(0, BAR_WIDTH - lostCells - lateCells);
      return (inTime.repeat(kept) + late.repeat(lateCells) + lost.repeat(lostCells)).slice(-BAR_WIDTH);
    });
    return `${coloured(name, padded(name, NAME_WIDTH), look)}${bars.join("   ")}`;
  });
  return [
    `Too fast? ${inTime} stored in time  ${late} more than 100 ms late  ${lost} lost`,
    `${padded("offered/s", NAME_WIDTH)}${rates.map((rate) => padded(short(rate), BAR_WIDTH)).join("   ")}`,
    ...rows,
  ];
}
