import { closeSync, fstatSync } from "node:fs";
import { OperationalError } from "../core/errors.ts";
import { Readiness } from "../os/readiness.ts";
import { duplicate } from "../os/socket-options.ts";
import { isStandardOutputClosed, openStandardOutput, STDOUT } from "../os/standard-output.ts";
import type { Output } from "./output-file.ts";

/** What stands for standard output in place of a path; a file of that name is `./-`. */
const STANDARD_OUTPUT = "-";

export function isStandardOutput(output: string): boolean {
  return output === STANDARD_OUTPUT;
}

export interface StandardOutputOptions {
  /** A pipe has no reader any more. */
  readerGone(): void;
}

/**
 * Standard output. It has no name that could lead elsewhere, so it is never left, rotated or repaired; it isn't locked
 * either. A slow reader makes it refuse with EAGAIN.
 */
export class StandardOutput implements Output {
  readonly path: string = STANDARD_OUTPUT;
  readonly fd: number;
  readonly openedAtMs: number = performance.now();
  readonly #reader: ReaderWatch | undefined;
  #writable: Readiness | undefined;
  #resume: () => void = () => {};
  #bytes = 0;

  /** @throws OperationalError OUTPUT_UNWRITABLE when it is closed */
  constructor({ readerGone }: StandardOutputOptions) {
    if (isStandardOutputClosed()) {
      const fact = "standard output is closed (or /dev/null, opened for reading too), so every line would be lost";
      throw new OperationalError(
        "OUTPUT_UNWRITABLE",
        `${fact}; pass a file, or pipe it to a program: -o - | jq .level`,
      );
    }
    this.fd = openStandardOutput();
    if (fstatSync(this.fd).isFIFO()) this.#reader = new ReaderWatch(this.fd, readerGone);
  }

  get bytes(): number {
    return this.#bytes;
  }

  grown(bytes: number): void {
    this.#bytes += bytes;
  }

  /** What was written is with the reader. */
  cut(): void {}

  onWritable(resume: () => void): void {
    this.#resume = resume;
    this.#writable ??= new Readiness(this.fd, "writable", () => {
      this.#writable?.stop();
      this.#resume();
    });
    this.#writable.start();
  }

  isNamed(): boolean {
    return true;
  }

  isDeleted(): boolean {
    return false;
  }

  is(): boolean {
    return false;
  }

  renameWith(): boolean {
    return true;
  }

  read(): number {
    return 0;
  }

  close(): void {
    this.#reader?.close();
    this.#writable?.close();
    if (this.fd !== STDOUT) closeSync(this.fd);
  }
}

/** Notices that a pipe has lost its last reader, even when nothing is written to it. */
class ReaderWatch {
  // libuv watches a descriptor for one purpose at a time, and StandardOutput watches its own.
  readonly #fd: number;
  readonly #readiness: Readiness;

  /** @param pipe a descriptor that can only write, so that nothing but POLLERR makes it ready */
  constructor(pipe: number, gone: () => void) {
    this.#fd = duplicate(pipe);
    this.#readiness = new Readiness(this.#fd, "readable", () => {
      this.#readiness.stop();
      gone();
    });
    this.#readiness.start();
  }

  close(): void {
    this.#readiness.close();
    closeSync(this.#fd);
  }
}
