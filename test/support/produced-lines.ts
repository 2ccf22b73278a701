/** The fields of a line that a producer made. */
export interface ProducedLine {
  readonly source: string;
  readonly timestamp: number;
  readonly level: string;
  readonly message: string;
  readonly producer: string;
  readonly run: string;
  readonly seq: number;
  readonly sentAtNs: number;
}

/** @throws SyntaxError when a line is torn */
export function producedLines(text: string): ProducedLine[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

export function seqs(text: string): number[] {
  return producedLines(text).map((line) => line.seq);
}

/** 0, 1, 2 and so on. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
