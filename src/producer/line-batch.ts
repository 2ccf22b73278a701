import type { LineEncoder } from "./line-encoder.ts";

const ZERO = 0x30;
const NINE = 0x39;
/** Bytes between the digits of `seq` and those of `sentAtNs`, and bytes after these. */
const BETWEEN_BYTES = Buffer.byteLength(',"sentAtNs":');
const END_BYTES = Buffer.byteLength("}\n");

/**
 * A producer's lines, encoded into one buffer. pino encodes the first; the others are copies in which only the digits
 * of `seq` differ, and the next batch is the same memory with other digits. When the length of a field or the second of
 * the timestamp changes, pino encodes again.
 */
export class LineBatch {
  readonly #encoder: LineEncoder;
  readonly #linesMax: number;
  #bytes: Buffer = Buffer.alloc(0);
  #lineBytes = 0;
  #unixSeconds = -1;
  #seqDigits = 0;
  #nsDigits = 0;
  #count = 0;

  /** @param linesMax most lines of one batch */
  constructor(encoder: LineEncoder, linesMax: number) {
    this.#encoder = encoder;
    this.#linesMax = linesMax;
  }

  /** Lines that the last fill() encoded. */
  get count(): number {
    return this.#count;
  }

  /**
   * The lines seq, seq + 1 and so on, at most `wanted`; `count` is how many, which is fewer where `seq` grows by a
   * digit. All have the time of this call. Valid until the next call.
   */
  fill(seq: number, wanted: number): Buffer {
    const unixSeconds = Math.floor(Date.now() / 1000);
    const sentAtNs = monotonicNs();
    const seqDigits = String(seq);
    const nsDigits = String(sentAtNs);
    if (
      unixSeconds !== this.#unixSeconds ||
      (!this.#encoder.plain && (seqDigits.length !== this.#seqDigits || nsDigits.length !== this.#nsDigits))
    ) {
      this.#layOut(unixSeconds, seq, sentAtNs);
      this.#seqDigits = seqDigits.length;
      this.#nsDigits = nsDigits.length;
    }
    this.#count = Math.min(wanted, this.#linesMax);
    if (!this.#encoder.plain) {
      this.#count = Math.min(this.#count, 10 ** seqDigits.length - seq);
      this.#writeDigits(seqDigits, nsDigits);
    }
    return this.#bytes.subarray(0, this.#count * this.#lineBytes);
  }

  #layOut(unixSeconds: number, seq: number, sentAtNs: number): void {
    const line = Buffer.from(this.#encoder.encode(unixSeconds, seq, sentAtNs));
    const bytes = line.length * this.#linesMax;
    if (this.#bytes.length !== bytes) this.#bytes = Buffer.from(new ArrayBuffer(bytes));
    this.#bytes.fill(line);
    this.#lineBytes = line.length;
    this.#unixSeconds = unixSeconds;
  }

  #writeDigits(seqDigits: string, nsDigits: string): void {
    const bytes = this.#bytes;
    const lineBytes = this.#lineBytes;
    const nsStart = lineBytes - END_BYTES - nsDigits.length;
    const nsEnd = nsStart + nsDigits.length;
    const seqEnd = nsStart - BETWEEN_BYTES;
    const seqStart = seqEnd - seqDigits.length;
    bytes.write(seqDigits, seqStart, "latin1");
    bytes.write(nsDigits, nsStart, "latin1");
    const end = this.#count * lineBytes;
    for (let line = lineBytes; line < end; line += lineBytes) {
      // Each line has the digits of the line before, with seq one higher.
      const before = line - lineBytes;
      for (let i = nsStart; i < nsEnd; i++) bytes[line + i] = bytes[before + i] ?? ZERO;
      for (let i = seqStart; i < seqEnd; i++) bytes[line + i] = bytes[before + i] ?? ZERO;
      let digit = line + seqEnd - 1;
      while (bytes[digit] === NINE) bytes[digit--] = ZERO;
      bytes[digit] = (bytes[digit] ?? ZERO) + 1;
    }
  }
}

/**
 * CLOCK_MONOTONIC, which is the same for all processes of a machine. Exact to a nanosecond up to 104 days of uptime,
 * then to two.
 */
export function monotonicNs(): number {
  return Number(process.hrtime.bigint());
}
