import { hostname } from "node:os";
import type { UnsentClass } from "../../transports/transport.ts";

/** pino's number of the level "warn". */
const WARN = 40;

/** Lines that a destination lost. */
export interface Loss {
  /** Never sent. */
  readonly dropped: number;
  /** Accepted by the kernel, and perhaps lost with the connection. */
  readonly inDoubt: number;
}

export function lossIn({ inDoubt, ...dropped }: Readonly<Record<UnsentClass | "overflow", number>>): Loss {
  return { dropped: Object.values(dropped).reduce((sum, lines) => sum + lines), inDoubt };
}

/** Writes a record, as pino would, of what was lost since the last such record. */
export class LossLine {
  readonly #process = `"pid":${process.pid},"hostname":${JSON.stringify(hostname())}`;
  #reported: Loss = { dropped: 0, inDoubt: 0 };

  /** Undefined when nothing is new. */
  line(total: Loss): string | undefined {
    const dropped = total.dropped - this.#reported.dropped;
    const inDoubt = total.inDoubt - this.#reported.inDoubt;
    if (dropped === 0 && inDoubt === 0) return undefined;
    const msg = `before this line, ${describeLoss({ dropped, inDoubt })}`;
    const fields = { msg, dropped, inDoubt, droppedTotal: total.dropped, inDoubtTotal: total.inDoubt };
    return `{"level":${WARN},"time":${Date.now()},${this.#process},${JSON.stringify(fields).slice(1)}\n`;
  }

  markReported(total: Loss): void {
    this.#reported = total;
  }
}

/** `12 lines were dropped, and 1 line may be lost`. */
export function describeLoss({ dropped, inDoubt }: Loss): string {
  const droppedLines = dropped === 1 ? "1 line was dropped" : `${dropped} lines were dropped`;
  const lostLines = `${inDoubt} ${inDoubt === 1 ? "line" : "lines"} may be lost`;
  if (inDoubt === 0) return droppedLines;
  return dropped === 0 ? lostLines : `${droppedLines}, and ${lostLines}`;
}
