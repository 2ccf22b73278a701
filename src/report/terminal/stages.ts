import { cellsWith } from "../cells.ts";
import { partsOf, STAGE_PARTS } from "../figures/stages.ts";
import type { Summary } from "../summary.ts";
import { duration } from "../words.ts";
import { COLUMNS, coloured, padded, type TerminalLook, wrapped } from "./glyphs.ts";

/** One character per part, told apart without colour. */
const GLYPHS = { unicode: "·█░▓▒▞▚▫", ascii: ".#-=+%*o" } as const;
const NAME_WIDTH = 10;
const BAR_WIDTH = 58;

/** Where a line's time goes: a bar per transport; or why it isn't known. */
export function stageLines(summary: Summary, look: TerminalLook): string[] {
  const { found, why } = cellsWith(summary, ({ stages }) => stages);
  const glyphs = [...(look.hasUnicode ? GLYPHS.unicode : GLYPHS.ascii)];
  if (found.length === 0) return wrapped(`Where a line's time goes: not measured: ${why}.`);
  const most = Math.max(...found.map(({ value }) => value.meanNs));
  const rows = found.map(({ cell, value }) => {
    const bar = stageBar(partsOf(value), glyphs, most);
    return `${coloured(cell.transport, padded(cell.transport, NAME_WIDTH), look)}${bar} ${duration(value.meanNs)}`;
  });
  const key = STAGE_PARTS.map(({ text }, at) => `${glyphs[at]}\u00a0${text.replaceAll(" ", "\u00a0")}`).join("  ");
  const load = found[0]?.cell.load.linesPerSecond;
  const at = typeof load === "number" ? ` at ${load.toLocaleString("en-US")} lines/s` : "";
  const head = `Where a line's time goes${at} (means of traced lines; they add up)`;
  return [
    ...wrapped(head),
    ...wrapped(key, COLUMNS - NAME_WIDTH).map((line) => " ".repeat(NAME_WIDTH) + line),
    ...rows,
  ];
}

/** Parts end where their sums end, so that rounding never changes the whole. */
function stageBar(parts: readonly number[], glyphs: readonly string[], most: number): string {
  let sum = 0;
  let drawn = 0;
  return parts
    .map((ns, at) => {
      sum += ns;
      const end = Math.round((BAR_WIDTH * sum) / most);
      const part = (glyphs[at] ?? " ").repeat(end - drawn);
      drawn = end;
      return part;
    })
    .join("");
}
