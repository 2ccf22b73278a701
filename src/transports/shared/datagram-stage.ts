import { SEND_BATCH_MESSAGES } from "../../core/tuning.ts";
import { LINE_FEED } from "../../core/whole-lines.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL } from "../../os/constants.ts";
import { sendmmsg } from "../../os/libc.ts";
import { MessageHeaders } from "../../os/message-headers.ts";

const STAGE_BYTES = 64 * 1024;

/** Up to SEND_BATCH_MESSAGES lines, each a datagram, copied to memory whose address the kernel is given. */
export class DatagramStage {
  #bytes: Buffer = Buffer.from(new ArrayBuffer(STAGE_BYTES));
  #headers: MessageHeaders = new MessageHeaders(SEND_BATCH_MESSAGES, this.#bytes);
  #count = 0;
  #sent = 0;

  /** Datagrams staged and not sent yet. */
  get waiting(): number {
    return this.#count - this.#sent;
  }

  /** Bytes of the first datagram that waits. */
  get firstBytes(): number {
    return this.#headers.aimedBytes(this.#sent);
  }

  /** Stages whole lines of `block` from byte `start` on and returns where they end; nothing may be waiting. */
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

  /** Datagrams the kernel took; -1 when it took none, and errno says why. */
  send(fd: number): number {
    const taken = sendmmsg(fd, this.#headers.from(this.#sent), this.waiting, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken > 0) this.#sent += taken;
    return taken;
  }

  /** Leaves out the first datagram that waits. */
  skip(): void {
    this.#sent++;
  }

  /** Leaves out all that wait. */
  clear(): void {
    this.#sent = this.#count;
  }

  #grow(bytes: number): void {
    this.#bytes = Buffer.from(new ArrayBuffer(bytes));
    this.#headers = new MessageHeaders(SEND_BATCH_MESSAGES, this.#bytes);
  }
}
