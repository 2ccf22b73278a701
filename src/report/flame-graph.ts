import { escaped } from "./page/markup.ts";
import { declarations } from "./page/palette.ts";
import { KERNEL_KINDS, PROGRAM, SCRIPT, type StackKind, stackKind } from "./stack-kinds.ts";
import type { StackFrame } from "./summary.ts";
import { percent, whole } from "./words.ts";

const WIDTH = 1200;
const ROW_PX = 17;
const HEAD_PX = 52;
const LETTER_PX = 6.6;
/** Frames narrower than this are left out, px. */
const FRAME_PX_MIN = 0.6;

const RULES =
  "text{font:12px ui-sans-serif,system-ui,sans-serif;fill:var(--ink)}g text{fill:var(--on-pale)}rect{stroke:var(--paper);stroke-width:.6}";

/** What a flame graph is of. */
export interface FlameGraphHead {
  readonly title: string;
  /** Of weights: samples, or µs. */
  readonly unit: string;
}

/**
 * A flame graph of whole stacks that stands alone, with the outermost frames at the top, in light and in dark. A frame's name, weight
 * and share appear when it is pointed at.
 */
export function flameGraph(root: StackFrame, { title, unit }: FlameGraphHead): string {
  const perUnit = WIDTH / Math.max(1, root.samples);
  const frames: string[] = [];
  let levels = 0;
  const visit = (frame: StackFrame, caller: { level: number; kind: StackKind }, from: number): void => {
    const width = frame.samples * perUnit;
    if (width < FRAME_PX_MIN) return;
    const level = caller.level + 1;
    levels = Math.max(levels, level + 1);
    const kind = stackKind(frame.name, caller.kind);
    frames.push(
      frameMarkup(
        frame,
        { from, level, width, kind },
        `${whole(frame.samples)} ${unit}, ${percent(frame.samples / root.samples)}`,
      ),
    );
    let next = from;
    for (const call of frame.calls) {
      visit(call, { level, kind }, next);
      next += call.samples * perUnit;
    }
  };
  visit(root, { level: -1, kind: PROGRAM }, 0);
  const height = HEAD_PX + levels * ROW_PX;
  const style = `<style>:root{${declarations("light")}}@media (prefers-color-scheme:dark){:root{${declarations("dark")}}}${RULES}</style>`;
  const paper = `<rect width="${WIDTH}" height="${height}" fill="var(--paper)"/>`;
  const head = `<text x="4" y="18" font-weight="600">${escaped(title)}: ${whole(root.samples)} ${unit}</text>${key()}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">${style}${paper}${head}<g transform="translate(0,${HEAD_PX})">${frames.join("")}</g></svg>\n`;
}

interface Place {
  readonly from: number;
  readonly level: number;
  readonly width: number;
  readonly kind: StackKind;
}

function frameMarkup({ name }: StackFrame, { from, level, width, kind }: Place, weight: string): string {
  const letters = Math.floor((width - 6) / LETTER_PX);
  const shown = name.length <= letters ? name : `${name.slice(0, Math.max(0, letters - 1))}…`;
  const text = letters < 3 ? "" : `<text x="${px(from + 3)}" y="${level * ROW_PX + 12.5}">${escaped(shown)}</text>`;
  const rect = `<rect x="${px(from)}" y="${level * ROW_PX}" width="${px(width)}" height="${ROW_PX}" fill="var(--stack-${kind.name})"/>`;
  return `<g><title>${escaped(`${name}: ${weight}`)}</title>${rect}${text}</g>`;
}

function key(): string {
  let x = 4;
  return [PROGRAM, SCRIPT, ...KERNEL_KINDS]
    .map(({ name, text }) => {
      const at = x;
      x += 26 + LETTER_PX * text.length;
      return `<rect x="${px(at)}" y="28" width="12" height="12" fill="var(--stack-${name})"/><text x="${px(at + 16)}" y="38">${text}</text>`;
    })
    .join("");
}

function px(value: number): string {
  return String(Math.round(10 * value) / 10);
}
