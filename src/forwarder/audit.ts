import type { StoredBlock } from "./engines/engine.ts";

/** A block of a stream as it was read. */
export interface AuditedBlock extends StoredBlock {
  readonly host: string;
  /** Its bytes are not those that were sent. */
  readonly isDamaged: boolean;
}

/** What a stream has of one file. */
export interface FileAudit {
  readonly host: string;
  readonly file: string;
  /** Of the first byte that is there: not 0 where the beginning was removed, by age for instance. */
  readonly begin: number;
  end: number;
  blocks: number;
  lines: number;
  bytes: number;
  /** Bytes between blocks that aren't there; a rejected line is such a gap. */
  gaps: number;
  gapBytes: number;
  /** Blocks with bytes that are there before them, or that come later than they should. */
  overlaps: number;
  overlapBytes: number;
  damaged: number;
}

/** Checks that the blocks of each file follow one another. Takes memory for each file, not for each block. */
export class Audit {
  readonly #files = new Map<string, FileAudit>();

  /** In the order in which they were first seen. */
  get files(): readonly FileAudit[] {
    return [...this.#files.values()];
  }

  add({ file, host, offset, length, lines, isDamaged }: AuditedBlock): void {
    const found = this.#files.get(file) ?? begun(file, host, offset);
    this.#files.set(file, found);
    if (offset > found.end) {
      found.gaps++;
      found.gapBytes += offset - found.end;
    } else if (offset < found.end) {
      found.overlaps++;
      found.overlapBytes += Math.min(found.end - offset, length);
    }
    found.end = Math.max(found.end, offset + length);
    found.blocks++;
    found.lines += lines;
    found.bytes += length;
    if (isDamaged) found.damaged++;
  }
}

/** Whether something is missing, doubled or damaged. */
export function isFlawed({ gaps, overlaps, damaged }: FileAudit): boolean {
  return gaps + overlaps + damaged > 0;
}

function begun(file: string, host: string, begin: number): FileAudit {
  const counts = { blocks: 0, lines: 0, bytes: 0, gaps: 0, gapBytes: 0, overlaps: 0, overlapBytes: 0, damaged: 0 };
  return { host, file, begin, end: begin, ...counts };
}
