const SPACE = 0x20;
const DELETE = 0x7f;
/** Bytes of a method (a token, RFC 9110, section 5.6.2). The brace at the start of a record isn't one of them. */
const IS_METHOD_BYTE: readonly boolean[] = Array.from({ length: 256 }, (_, byte) =>
  /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(byte)),
);
/** What follows the target, with one digit between the two (RFC 9112, section 3). */
const VERSION_START = Buffer.from("HTTP/1.");
const LINE_END = Buffer.from("\r\n");

type Part = "method" | "target" | "version" | "digit" | "end";

/**
 * Detects whether a channel's first line is exactly `METHOD target HTTP/1.x` with CR LF, in constant memory and however
 * the line is split into chunks. The first bytes suffice to recognize a plain log line.
 */
export class RequestLine {
  #part: Part = "method";
  /** Bytes of the current part so far. */
  #length = 0;

  /**
   * Reads the next bytes.
   *
   * @returns undefined while more bytes are needed, else whether it is a request; don't call it again after that
   */
  read(chunk: Buffer): boolean | undefined {
    for (let at = 0; at < chunk.length; at++) {
      const verdict = this.#step(chunk[at] ?? 0);
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }

  #step(byte: number): boolean | undefined {
    switch (this.#part) {
      case "method":
        return byte === SPACE ? this.#enter("target") : this.#stay(IS_METHOD_BYTE[byte] === true);
      case "target":
        return byte === SPACE ? this.#enter("version") : this.#stay(byte > SPACE && byte !== DELETE);
      case "version":
        if (byte !== VERSION_START[this.#length]) return false;
        return this.#length + 1 === VERSION_START.length ? this.#enter("digit") : this.#stay(true);
      case "digit":
        return byte >= 0x30 && byte <= 0x39 ? this.#enter("end") : false;
      case "end":
        if (byte !== LINE_END[this.#length]) return false;
        return this.#length + 1 === LINE_END.length ? true : this.#stay(true);
    }
  }

  /** @returns false, which ends the check, when the previous part is empty */
  #enter(part: Part): false | undefined {
    const isEmpty = this.#length === 0 && this.#part !== "digit";
    this.#part = part;
    this.#length = 0;
    return isEmpty ? false : undefined;
  }

  #stay(fits: boolean): false | undefined {
    this.#length++;
    return fits ? undefined : false;
  }
}
