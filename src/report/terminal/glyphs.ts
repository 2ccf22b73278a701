import type { TransportName } from "../../core/transport-name.ts";

/** What the terminal can show. */
export interface TerminalLook {
  readonly hasColour: boolean;
  readonly hasUnicode: boolean;
}

/** Widest line, in characters. */
export const COLUMNS = 80;

/** The page's hues among the 256 colours of terminals. */
const COLOURS: Readonly<Record<TransportName, number>> = { unixsock: 33, tcp: 166, unixgram: 37, udp: 162, fifo: 101 };

/** The name in its colour, padded. */
export function coloured(name: TransportName, text: string, { hasColour }: TerminalLook): string {
  return hasColour ? `\u001b[38;5;${COLOURS[name]}m${text}\u001b[0m` : text;
}

/** A bar of so many characters at its whole length, in eighths. */
export function bar(share: number, width: number, { hasUnicode }: TerminalLook): string {
  const eighths = Math.round(8 * width * Math.max(0, Math.min(1, share)));
  if (!hasUnicode) return "#".repeat(Math.round(eighths / 8));
  return "█".repeat(eighths >> 3) + (" ▏▎▍▌▋▊▉"[eighths & 7] ?? "").trim();
}

/** Median and p99 on a scale from 0 to 1: ●──┃ */
export function span([from, to]: readonly [number, number], width: number, { hasUnicode }: TerminalLook): string {
  const [dot, dash, end] = hasUnicode ? ["●", "─", "┃"] : ["o", "-", "|"];
  const first = Math.round(from * (width - 2));
  const last = Math.max(first + 1, Math.round(to * (width - 1)));
  return `${" ".repeat(first)}${dot}${dash.repeat(last - first - 1)}${end}`;
}

/** Lines of at most so many characters, broken at spaces. No-break spaces become spaces. */
export function wrapped(text: string, width: number = COLUMNS): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && [...line].length + 1 + [...word].length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((one) => one.replaceAll("\u00a0", " "));
}

/** Padded by characters, not code units. */
export function padded(text: string, width: number, align: "left" | "right" = "left"): string {
  const padding = " ".repeat(Math.max(0, width - [...text].length));
  return align === "left" ? text + padding : padding + text;
}
