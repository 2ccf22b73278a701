import { SEND_BATCH_MESSAGES } from "../../core/tuning.ts";
import { LINE_FEED } from "../../core/whole-lines.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL } from "../../os/constants.ts";
import { sendmmsg } from "../../os/libc.ts";
import { MessageHeaders } from "../../os/message-headers.ts";

/** Enough for SEND_BATCH_MESSAGES lines of 1 KiB; a longer line enlarges the memory. */
const STAGE_BYTES = 64 * 1024;

/** Up to SEND_BATCH_MESSAGES lines, each a datagram, copied to memory that the kernel reads by its address. */
export class DatagramStage {
  #bytes: Buffer = Buffer.from(new ArrayBuffer(STAGE_BYTES));
  #headers: MessageHeaders = new MessageHeaders(SEND_BATCH_MESSAGES, this.#bytes);
  #count = 0;
  #sent = 0;

  /** Number of datagrams that are staged but not sent yet. */
  get waiting(): number {
    return this.#count - this.#sent;
  }

  /** Length of the first datagram that isn't sent yet. */
  get firstBytes(): number {
    return this.#headers.aimedBytes(this.#sent);
  }

  /** Stages whole lines of `block` from byte `start` on and returns where they end. Nothing may be waiting. */
  fill(block: Buffer, start: number): number {
    this.#count = 0;
    this.#sent = 0;
    let end = start;
    while (this.#count < SEND_BATCH_MESSAGES && end < block.length) {
      const next = block.indexOf(LINE_FEED, end) + 1;
      if (next - start > this.#bytes.length) {
        if (this.#count > 0) break;
        this.#grow(next - start);
      }
      this.#headers.aim(this.#count, end - start, next - end);
      this.#count++;
      end = next;
    }
    block.copy(this.#bytes, 0, start, end);
    return end;
  }

  /** @returns the number of datagrams that the kernel accepted, or -1 if it accepted none; errno has the reason */
  send(fd: number): number {
    const accepted = sendmmsg(fd, this.#headers.from(this.#sent), this.waiting, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (accepted > 0) this.#sent += accepted;
    return accepted;
  }

  /** Skips the first datagram that isn't sent yet. */
  skip(): void {
    this.#sent++;
  }

  /** Skips all datagrams that aren't sent yet. */
  clear(): void {
    this.#sent = this.#count;
  }

  #grow(bytes: number): void {
    this.#bytes = Buffer.from(new ArrayBuffer(bytes));
    this.#headers = new MessageHeaders(SEND_BATCH_MESSAGES, this.#bytes);
  }
}
