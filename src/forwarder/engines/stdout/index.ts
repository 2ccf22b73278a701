import { OperationalError } from "../../../core/errors.ts";
import { type Block, type Engine, EngineError, type Opened, type Sent, type Stored } from "../engine.ts";
import type { EngineKind } from "../engine-kind.ts";

/** Longest block: a whole line must fit in memory. */
const BLOCK_BYTES_MAX: number = 64 * 1024 * 1024;

/** Writes blocks to a stream. An acknowledgement means that the stream has taken the block. */
export class StdoutEngine implements Engine {
  readonly #stream: NodeJS.WritableStream;
  #sequence = 0;
  #isClosed = false;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  open(): Promise<Opened> {
    return Promise.resolve({ blockBytesMax: BLOCK_BYTES_MAX, lineBytesMax: BLOCK_BYTES_MAX, sequence: 0 });
  }

  send({ bytes }: Block): Promise<Sent> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new EngineError("retry", "stdout is closed"));
      this.#stream.write(bytes, (error) => {
        if (error)
          reject(new EngineError("giveUp", `nobody reads standard output (${error.message}); let a program read it`));
        else resolve({ sequence: ++this.#sequence, refusals: [] });
      });
    });
  }

  /** Nobody knows what has become of it. */
  stored(): Promise<Stored | undefined> {
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }
}

/** A dry run: shows what would be sent, and leaves no checkpoint. */
export const stdout: EngineKind = {
  syntax: "stdout",
  options: [],
  plan: (to, { output }) => {
    if (to !== "stdout") throw new OperationalError("ADDRESS_INVALID", `"${to}" is not stdout; write stdout`);
    return { target: "stdout", isRemembered: false, connect: () => new StdoutEngine(output) };
  },
};
