import { readLogFile } from "../log-file.ts";
import { type ProducedLine, producedLineIn } from "../produced-line.ts";

const LF = 0x0a;

/** Reads a file's whole lines in order. `end` is the byte after a line's LF; a line that no producer wrote is undefined. */
export async function readStoredLines(
  path: string,
  each: (line: ProducedLine | undefined, end: number) => void,
): Promise<void> {
  let unfinished: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of readLogFile(path)) {
    const bytes = unfinished.length === 0 ? chunk : Buffer.concat([unfinished, chunk]);
    const whole = bytes.lastIndexOf(LF) + 1;
    const text = bytes.toString("latin1", 0, whole);
    for (let from = 0, to = text.indexOf("\n"); to >= 0; from = to + 1, to = text.indexOf("\n", from)) {
      each(lineIn(text, from, to), offset + to + 1);
    }
    offset += whole;
    // The chunk is valid until the next one is requested.
    unfinished = Buffer.from(bytes.subarray(whole));
  }
}

/** A torn line, as several writers of a FIFO make it, is not JSON. */
function lineIn(text: string, from: number, to: number): ProducedLine | undefined {
  try {
    return producedLineIn(text, from, to);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
