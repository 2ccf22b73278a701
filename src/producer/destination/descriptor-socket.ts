import { StringDecoder } from "node:string_decoder";
import type { DialogueSocket } from "../../acks/sending/acked-connection.ts";
import { errnoName, read, write } from "../../os/libc.ts";

/** One read of answers: an acknowledgement has some 20 bytes. */
const ANSWERS_BYTES = 4096;

/** A connection for the acknowledged dialogue, over a non-blocking descriptor that its owner watches and closes. */
export class DescriptorSocket implements DialogueSocket {
  writable = true;
  destroyed = false;
  readonly #fd: number;
  readonly #awaitWritable: () => void;
  readonly #answers = Buffer.allocUnsafe(ANSWERS_BYTES);
  readonly #decoder = new StringDecoder("utf8");
  /** What the kernel has not accepted yet. */
  #unsent: Buffer[] = [];
  #onData: (text: string) => void = () => {};
  #onClose: () => void = () => {};

  /** @param awaitWritable asks the owner to call flush() when the descriptor is writable */
  constructor(fd: number, awaitWritable: () => void) {
    this.#fd = fd;
    this.#awaitWritable = awaitWritable;
  }

  /** Whether the kernel has accepted everything. */
  get isFlushed(): boolean {
    return this.#unsent.length === 0;
  }

  setEncoding(): void {}

  on(_: "data", listener: (text: string) => void): void {
    this.#onData = listener;
  }

  once(_: "close", listener: () => void): void {
    this.#onClose = listener;
  }

  write(bytes: Buffer): void {
    if (this.destroyed) return;
    this.#unsent.push(bytes);
    if (this.#unsent.length === 1) this.flush();
  }

  flush(): void {
    let done = 0;
    for (let bytes = this.#unsent[0]; bytes !== undefined; bytes = this.#unsent[done]) {
      const taken = write(this.#fd, bytes, bytes.length);
      if (taken === bytes.length) {
        done++;
        continue;
      }
      if (taken >= 0) {
        this.#unsent[done] = bytes.subarray(taken);
      } else if (!isPassing(errnoName())) {
        this.destroy();
        return;
      }
      this.#awaitWritable();
      break;
    }
    this.#unsent.splice(0, done);
  }

  /** Reads answers until there are no more, or the other side has closed. */
  receive(): void {
    while (!this.destroyed) {
      const bytes = read(this.#fd, this.#answers, ANSWERS_BYTES);
      if (bytes > 0) this.#onData(this.#decoder.write(this.#answers.subarray(0, bytes)));
      else if (bytes < 0 && isPassing(errnoName())) return;
      else this.destroy();
      if (bytes < ANSWERS_BYTES) return;
    }
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.writable = false;
    this.#unsent = [];
    this.#onClose();
  }
}

function isPassing(errno: string): boolean {
  return errno === "EAGAIN" || errno === "EINTR" || errno === "ENOBUFS" || errno === "ENOMEM";
}
