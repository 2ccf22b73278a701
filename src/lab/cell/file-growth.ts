import { closeSync, type FSWatcher, fstatSync, openSync, watch } from "node:fs";

/** Growths for which memory is reserved at first: a second of them. */
const GROWTHS = 4096;

/**
 * Notes when a file grew, so that it can be said later when each of its lines could be read. While lines arrive, it costs one
 * fstat(2) per growth and no look at the lines.
 */
export class FileGrowth {
  readonly #fd: number;
  readonly #watcher: FSWatcher;
  #times: Float64Array<ArrayBuffer> = new Float64Array(GROWTHS);
  #sizes: Float64Array<ArrayBuffer> = new Float64Array(GROWTHS);
  #count = 0;

  /** @param path an existing file */
  constructor(path: string) {
    this.#fd = openSync(path, "r");
    this.#watcher = watch(path, () => this.look());
    this.look();
  }

  /** Bytes at the last look. */
  get size(): number {
    return this.#sizes[this.#count - 1] ?? 0;
  }

  look(): void {
    const { size } = fstatSync(this.#fd);
    if (this.#count > 0 && size === this.size) return;
    if (this.#count === this.#times.length) {
      this.#times = doubled(this.#times);
      this.#sizes = doubled(this.#sizes);
    }
    this.#times[this.#count] = Number(process.hrtime.bigint());
    this.#sizes[this.#count++] = size;
  }

  /** Returns a function that says when the file had so many bytes, CLOCK_MONOTONIC in ns; asked in ascending order. */
  clock(): (bytes: number) => number {
    let at = 0;
    return (bytes) => {
      while (at < this.#count - 1 && (this.#sizes[at] ?? 0) < bytes) at++;
      return this.#times[at] ?? 0;
    };
  }

  close(): void {
    this.#watcher.close();
    closeSync(this.#fd);
  }
}

function doubled(values: Float64Array): Float64Array<ArrayBuffer> {
  const more = new Float64Array(2 * values.length);
  more.set(values);
  return more;
}
