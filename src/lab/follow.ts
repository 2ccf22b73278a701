import { closeSync, type FSWatcher, openSync, readSync, watch } from "node:fs";
import { isProducedLine } from "./produced-line.ts";

const LF = 0x0a;
/** Of one read(2); what is longer takes several. */
const READ_BYTES = 64 * 1024;

/** Follows a growing file and measures how long after each producer's line was sent it could be read there. */
export class LatencyFollower {
  /** Time from sending to visible in the file, ns, in order of arrival. */
  readonly latenciesNs: number[] = [];
  readonly #fd: number;
  readonly #watcher: FSWatcher;
  readonly #chunk = Buffer.allocUnsafeSlow(READ_BYTES);
  #unfinished: Buffer = Buffer.alloc(0);

  /** @param path an existing file; its present content is read too */
  constructor(path: string) {
    this.#fd = openSync(path, "r");
    this.#watcher = watch(path, () => this.read());
  }

  /** Reads what has been appended since the last call. */
  read(): void {
    for (let bytes = this.#next(); bytes > 0; bytes = this.#next()) {
      const now = Number(process.hrtime.bigint());
      const data = Buffer.concat([this.#unfinished, this.#chunk.subarray(0, bytes)]);
      const end = data.lastIndexOf(LF) + 1;
      for (const line of data.toString("utf8", 0, end).split("\n")) this.#measure(line, now);
      this.#unfinished = data.subarray(end);
    }
  }

  close(): void {
    this.#watcher.close();
    closeSync(this.#fd);
  }

  #next(): number {
    return readSync(this.#fd, this.#chunk, 0, this.#chunk.length, null);
  }

  #measure(line: string, now: number): void {
    if (line === "") return;
    const value: unknown = JSON.parse(line);
    if (isProducedLine(value)) this.latenciesNs.push(now - value.sentAtNs);
  }
}
