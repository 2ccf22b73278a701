import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Copies standard input in chunks with a pause after each, as slowly as a slow disk would write it. */
const SLOW_COPY = `
  const { readSync, writeSync } = require("node:fs");
  const [stepBytes, restMs] = process.argv.slice(1).map(Number);
  const step = Buffer.alloc(stepBytes);
  const rest = new Int32Array(new SharedArrayBuffer(4));
  for (let bytes; (bytes = readSync(0, step, 0, step.length, null)) > 0; ) {
    for (let done = 0; done < bytes; ) done += writeSync(1, step, done, bytes - done);
    if (restMs > 0) Atomics.wait(rest, 0, 0, restMs);
  }
`;

/** A FIFO in place of the output file, read by another process: the only kind of file whose speed a test can set. */
export class FifoReader {
  readonly fifo: string;
  readonly #copy: string;
  readonly #reader: ChildProcess;

  /** Starts the reader. It ends when the last writer has closed the FIFO. */
  constructor(directory: string, stepBytes: number, restMs: number) {
    this.fifo = join(directory, "fifo");
    this.#copy = join(directory, "copy");
    execFileSync("mkfifo", [this.fifo]);
    // O_RDWR: neither this open nor the reader's start waits for a writer. The reader's own copy is read-only.
    const keeper = openSync(this.fifo, constants.O_RDWR);
    const input = openSync(this.fifo, constants.O_RDONLY);
    const output = openSync(this.#copy, "w");
    this.#reader = spawn(process.execPath, ["-e", SLOW_COPY, String(stepBytes), String(restMs)], {
      stdio: [input, output, "inherit"],
    });
    for (const fd of [keeper, input, output]) closeSync(fd);
    onTestFinished(() => void this.#reader.kill("SIGKILL"));
  }

  /** Everything that was written to it; resolves once all writers have closed it. */
  async received(): Promise<Buffer> {
    if (this.#reader.exitCode === null) await once(this.#reader, "exit");
    return readFileSync(this.#copy);
  }
}
