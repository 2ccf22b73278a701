import type { Parameters } from "../results/run-line.ts";

/** The arguments of one producer for its part of a load. */
export function producerArguments(load: Parameters): string[] {
  const { linesPerSecond, senders, seconds, linesPerSender, messageBytes } = load;
  const count = linesPerSender === null ? [] : ["--count", String(linesPerSender)];
  const duration = seconds === null ? [] : ["--duration", `${1000 * seconds}ms`];
  return [String(messageBytes), ...paceOf(linesPerSecond, senders), ...count, ...duration];
}

/** Slow lines come one at a time, as the original's do; others in groups, one group per millisecond. */
function paceOf(linesPerSecond: Parameters["linesPerSecond"], senders: number): string[] {
  return ["--rate", linesPerSecond === "max" ? "max" : String(linesPerSecond / senders)];
}

/** How long after the first sender each of the others begins, ms: evenly over the time between two lines of one, as if by chance. */
export function beginOffsetMs({ linesPerSecond, senders }: Parameters): number {
  if (linesPerSecond === "max") return 0;
  const betweenLinesMs = (1000 * senders) / linesPerSecond;
  return betweenLinesMs < 10 ? 0 : betweenLinesMs / senders;
}
