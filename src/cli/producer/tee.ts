import { once } from "node:events";
import { fstatSync } from "node:fs";
import type { Backpressure } from "../../core/backpressure.ts";

const LF = 0x0a;

/**
 * Passes what a command writes on to the same streams of this process, as tee(1) does. A slow reader is waited for. Once a reader
 * has gone, chunks are not passed on to it any more, which is no error.
 */
export class Tee {
  readonly #shared: boolean = isSameFile(process.stdout.fd, process.stderr.fd);
  /** Whether the next byte on stderr begins a line. */
  #beginsLine = true;

  /** @returns what passes a chunk on to this stream */
  to(name: "stdout" | "stderr"): (chunk: Buffer) => Backpressure {
    const stream = process[name];
    const isOnStderr = name === "stderr" || this.#shared;
    let isGone = false;
    stream.on("error", () => {
      isGone = true;
    });
    return (chunk) => {
      if (isGone) return undefined;
      if (isOnStderr && chunk.length > 0) this.#beginsLine = chunk.at(-1) === LF;
      if (stream.write(chunk)) return undefined;
      return once(stream, "drain").then(
        () => {},
        () => {}, // its error is handled above
      );
    };
  }

  /** Ends an unfinished line on stderr, so that what this program says there begins one. */
  endLine(): void {
    if (!this.#beginsLine) process.stderr.write("\n");
    this.#beginsLine = true;
  }
}

/** Such as one terminal; two pipes are two files. */
function isSameFile(one: number, other: number): boolean {
  const [a, b] = [fstatSync(one), fstatSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}
