import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

const GROW_EVERY_MS = 10;

/** Numbered lines of different lengths. */
function numberedLines(from: number, count: number): string {
  const line = (n: number): string => `{"n":${n},"message":"${"x".repeat((n * 7919) % 300)}"}\n`;
  return Array.from({ length: count }, (_, i) => line(from + i)).join("");
}

/** A log file of numbered lines, which grows and is rotated as the aggregator does it. */
export class NumberedLog {
  readonly path: string;
  /** Lines in all files. */
  lines = 0;
  #rotations = 0;

  /** @param directory where the files are, and nothing else that is named like them */
  constructor(directory: string) {
    this.path = join(directory, "app.jsonl");
    writeFileSync(this.path, "");
  }

  grow(count: number): void {
    appendFileSync(this.path, numberedLines(this.lines, count));
    this.lines += count;
  }

  /** Grows by so many MB of 10^6 bytes, or a few bytes more. */
  growLarge(megabytes: number): void {
    const fd = openSync(this.path, "a");
    for (let bytes = 0; bytes < megabytes * 1e6; ) {
      const text = numberedLines(this.lines, 5000);
      this.lines += 5000;
      bytes += writeSync(fd, text);
    }
    closeSync(fd);
  }

  /** Grows until the returned function is called. */
  growSteadily(linesPerSecond: number): () => void {
    const timer = setInterval(() => this.grow(Math.ceil((linesPerSecond * GROW_EVERY_MS) / 1000)), GROW_EVERY_MS);
    return () => clearInterval(timer);
  }

  rotate(): void {
    renameSync(this.path, `${this.path}.20261126T${String(this.#rotations++).padStart(9, "0")}Z`);
    writeFileSync(this.path, "");
  }

  /** In the order in which they were written. */
  get files(): string[] {
    const [directory, name] = [dirname(this.path), basename(this.path)];
    const rotated = readdirSync(directory).filter((other) => /^\.\d{8}T\d{9}Z$/.test(other.slice(name.length)));
    return [...rotated.sort().map((other) => join(directory, other)), this.path];
  }

  get bytes(): number {
    return this.files.reduce((sum, path) => sum + statSync(path).size, 0);
  }
}
