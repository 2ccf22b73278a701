import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { OperationalError } from "../core/errors.ts";
import { backlogBytes, findBacklog, openBacklog } from "./backlog.ts";
import { timeOf } from "./line-time.ts";
import type { LogFiles } from "./log-files.ts";
import { countRemainder, firstLine } from "./status.ts";

/** Lines of more bytes aren't counted, because they are read for that: so many take 11 to 27 ms of CPU (measured). */
const COUNTED_BYTES_MAX: number = 64 * 1024 * 1024;

/** What is not acknowledged. A number that isn't known is null. */
export interface Lag {
  readonly bytes: number | null;
  /** Null also for more than 64 MiB. */
  readonly lines: number | null;
  /** Age of the oldest line, by the time that it says itself; null where it says none. */
  readonly seconds: number | null;
}

const NONE: Lag = { bytes: 0, lines: 0, seconds: 0 };
const UNKNOWN: Lag = { bytes: null, lines: null, seconds: null };

/** @param checkpoint undefined where nothing is acknowledged */
export function readLag(files: LogFiles, checkpoint: Checkpoint | undefined, now: Date): Lag {
  try {
    const bytes = backlogBytes(files, checkpoint);
    if (bytes === 0) return NONE;
    return {
      bytes,
      ...linesAndAge(files, { checkpoint, isCounted: bytes !== null && bytes <= COUNTED_BYTES_MAX, now }),
    };
  } catch (error) {
    // A folder that can't be read ends the forwarder soon.
    if (error instanceof OperationalError) return UNKNOWN;
    throw error;
  }
}

interface Counting {
  readonly checkpoint: Checkpoint | undefined;
  readonly isCounted: boolean;
  readonly now: Date;
}

function linesAndAge(files: LogFiles, { checkpoint, isCounted, now }: Counting): Pick<Lag, "lines" | "seconds"> {
  let lines = 0;
  let seconds: number | null | undefined;
  for (const remainder of openBacklog(files, findBacklog(files, checkpoint))) {
    if (seconds === undefined && remainder.file.bytes > remainder.from) {
      const time = timeOf(firstLine(remainder));
      seconds = time === undefined ? null : Math.max(0, (now.getTime() - time.getTime()) / 1000);
    }
    if (isCounted) lines += countRemainder(remainder).lagLines;
    else if (seconds !== undefined) break;
  }
  return { lines: isCounted ? lines : null, seconds: seconds ?? null };
}
