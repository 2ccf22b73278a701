import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { type FileMark, isSameInode, type Likeness } from "../checkpoint/file-mark.ts";
import { lastIntact } from "../checkpoint/trail.ts";
import type { Entry, LogFile, LogFiles } from "./log-files.ts";

/** A file, and from where on it isn't forwarded. */
export interface Remainder {
  readonly path: string;
  readonly file: LogFile;
  readonly from: number;
  /** Whether it is the newest one, whose unfinished last line is no line yet. */
  readonly isNewest: boolean;
}

/** What is not forwarded yet. */
export interface Backlog {
  /** What has become of the file that is being forwarded; undefined where nothing has been forwarded. */
  readonly likeness: Likeness | "gone" | undefined;
  /** All files, the oldest first. */
  readonly entries: readonly Entry[];
  /** Index of the first one that isn't forwarded to its end. */
  readonly first: number;
  /** Where the first one goes on. */
  readonly offset: number;
}

/**
 * Finds where forwarding goes on, as a forwarder does before it asks what is stored: in a file that has lost its end, at the
 * last position that the checkpoint remembers and the file still has.
 *
 * @throws OperationalError INPUT_UNREADABLE
 */
export function findBacklog(files: LogFiles, checkpoint: Pick<Checkpoint, "file" | "trail"> | undefined): Backlog {
  const entries = files.list();
  const mark = checkpoint?.file;
  if (mark === undefined) return { likeness: undefined, entries, first: 0, offset: 0 };
  const found = files.find(mark);
  if (found === undefined) {
    const younger = entries.findIndex(({ stats }) => stats.birthtimeNs > BigInt(mark.birth));
    return { likeness: "gone", entries, first: younger < 0 ? Math.max(0, entries.length - 1) : younger, offset: 0 };
  }
  const { file, likeness } = found;
  const first = entries.findIndex(({ stats }) => stats.dev === file.stats.dev && stats.ino === file.stats.ino);
  const known = likeness === "shortened" ? lastIntact(checkpoint?.trail ?? [], file.fd) : mark;
  file.close();
  return { likeness, entries, first: Math.max(0, first), offset: likeness === "replaced" ? 0 : known.offset };
}

/** Bytes of the backlog, an unfinished line of the newest file not counted; null if the file that was being forwarded is gone. */
export function backlogBytes(files: LogFiles, checkpoint: Checkpoint | undefined): number | null {
  const { likeness, entries, first, offset } = findBacklog(files, checkpoint);
  if (likeness === "gone") return null;
  const newest = entries.at(-1);
  const file = newest && files.open(newest);
  const unfinished = file === undefined ? 0 : file.bytes - file.endOfLines();
  file?.close();
  const bytes = entries.slice(first).reduce((sum, { stats }) => sum + Number(stats.size), -offset - unfinished);
  return Math.max(0, bytes);
}

/** Opens what remains, one file after the other; each is closed when the next one is asked for. */
export function* openBacklog(files: LogFiles, { entries, first, offset }: Backlog): Generator<Remainder> {
  for (const [at, entry] of entries.entries()) {
    if (at < first) continue;
    const file = files.open(entry);
    if (file === undefined) continue;
    try {
      yield { path: entry.path, file, from: at === first ? offset : 0, isNewest: at === entries.length - 1 };
    } finally {
      file.close();
    }
  }
}

/** The mark of a file that was forwarded before the present one. */
export function markOf({ stats }: Entry, marks: readonly FileMark[]): FileMark | undefined {
  return marks.find((mark) => isSameInode(mark, stats));
}
