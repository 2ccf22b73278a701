import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { StoredSequence } from "./fault-sequence.ts";
import type { Tally } from "./fault-tally.ts";
import type { StoredMessage } from "./nats/nats-process.ts";
import type { NumberedLog } from "./numbered-log.ts";

const NUMBER = /^\{"n":(\d+),/;

/**
 * Compares a stream with the files of a log: every line is there, once and in order, and all bytes together are the same.
 *
 * @param each calls back with each message of the stream, in order
 */
export async function judgeStream(
  tally: Tally,
  each: (seen: (message: StoredMessage) => void) => Promise<void>,
  log: Pick<NumberedLog, "lines" | "files">,
): Promise<void> {
  const stored = new StoredSequence();
  const twice = tally.fault("stored twice");
  const misordered = tally.fault("misordered");
  const hash = createHash("sha256");
  let lines = 0;
  await each(({ bytes, file, offset }) => {
    hash.update(bytes);
    for (const n of numbersIn(bytes)) {
      lines++;
      const place = stored.add(n);
      const where = (): string => `line ${n} in ${file} at ${offset}, ${place}`;
      if (place.startsWith("again")) twice.note(where());
      if (place === "late" || place === "again, out of order") misordered.note(where());
    }
  });
  twice.addCases(lines);
  misordered.addCases(lines);
  const lost = tally.fault("lost");
  lost.addCases(log.lines);
  for (const [first, last] of stored.missing(log.lines - 1)) lost.note(`${first} to ${last}`, last - first + 1);
  const whole = await hashOf(log.files);
  tally.fault("different bytes").check(hash.digest("hex") === whole, () => `the stream isn't the files, byte for byte`);
  tally.add("lines", lines);
}

function* numbersIn(bytes: Buffer): Generator<number> {
  for (let at = 0; at < bytes.length; at = bytes.indexOf(0x0a, at) + 1 || bytes.length) {
    yield Number(NUMBER.exec(bytes.toString("latin1", at, at + 24))?.[1] ?? Number.NaN);
  }
}

async function hashOf(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of files) for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}
