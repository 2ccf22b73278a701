import type { Account } from "./account.ts";
import { readLogFile } from "./log-file.ts";
import { type LineCounts, LineReader } from "./read-lines.ts";

export interface ReadingLimits {
  /** Of all files together, decompressed. */
  readonly bytesMax: number;
  /** Longest line that is checked. */
  readonly lineBytesMax: number;
}

/** What was read. */
export interface Reading extends LineCounts {
  readonly bytes: number;
  /** Files whose last line has no LF. */
  readonly torn: readonly string[];
  /** Files not read, or not to their end, because of `bytesMax`. */
  readonly unread: readonly string[];
  /** Lines of producers that are not accounted for, see Account. */
  readonly others: number;
}

/** Reads files into the account, in the given order. @throws OperationalError INPUT_UNREADABLE */
export async function readInto(account: Account, paths: readonly string[], limits: ReadingLimits): Promise<Reading> {
  const reader = new LineReader(limits.lineBytesMax, (line) => account.add(line));
  const torn: string[] = [];
  let bytes = 0;
  for (const [i, path] of paths.entries()) {
    for await (const chunk of readLogFile(path)) {
      if (bytes + chunk.length > limits.bytesMax) {
        reader.abandon();
        return { ...reader.counts, bytes, torn, unread: paths.slice(i), others: account.others };
      }
      bytes += chunk.length;
      reader.push(chunk);
    }
    if (reader.end()) torn.push(path);
  }
  return { ...reader.counts, bytes, torn, unread: [], others: account.others };
}
