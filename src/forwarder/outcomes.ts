import type { Refusal } from "./engines/engine.ts";
import type { ForwarderEvents, Tally } from "./events.ts";
import type { Progress } from "./progress.ts";
import { writeRejected } from "./rejected-file.ts";
import type { Source } from "./source.ts";

export interface OutcomeParts {
  readonly source: Source;
  readonly progress: Progress;
  readonly tally: Tally;
  readonly events: ForwarderEvents;
}

/** What an engine says of blocks and lines beside that it has stored them. */
export class Outcomes {
  /** The log's, beside which the rejected lines go. */
  readonly #path: string;
  readonly #parts: OutcomeParts;
  #warning: string | undefined;

  constructor(path: string, parts: OutcomeParts) {
    this.#path = path;
    this.#parts = parts;
  }

  /** The same warning of one block after the other is shown once. */
  warn(warning: string | undefined): void {
    if (warning === undefined || warning === this.#warning) return;
    this.#warning = warning;
    this.#parts.events.warned(warning);
  }

  /** To be called before the checkpoint is beyond it. @throws OperationalError OUTPUT_UNWRITABLE */
  reject(refusal: Refusal): void {
    const { source, progress, tally, events } = this.#parts;
    writeRejected(this.#path, source.file, { ...refusal, file: progress.checkpoint?.file.id ?? "" });
    events.rejected(refusal);
    tally[refusal.reason === "unnamed" ? "unnamed" : "rejected"] += refusal.lines;
  }
}
