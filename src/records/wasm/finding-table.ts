/** Start, end, kind. */
const WORDS_PER_FINDING = 3;

/** 12 KiB: enough for most blocks; the table doubles when it is full. */
const FINDINGS_INITIAL = 1024;

/**
 * A larger table returns to its initial size at the next clear(), so that one hostile block can't occupy memory for
 * good.
 */
const FINDINGS_KEPT = 64 * 1024;

/** A growing list of (start, end, kind). */
export class FindingTable {
  words: Uint32Array = new Uint32Array(FINDINGS_INITIAL * WORDS_PER_FINDING);
  findings = 0;

  clear(): void {
    this.findings = 0;
    if (this.words.length > FINDINGS_KEPT * WORDS_PER_FINDING) {
      this.words = new Uint32Array(FINDINGS_INITIAL * WORDS_PER_FINDING);
    }
  }

  add(start: number, end: number, kind: number): void {
    const at = this.findings * WORDS_PER_FINDING;
    if (at === this.words.length) {
      const grown = new Uint32Array(2 * this.words.length);
      grown.set(this.words);
      this.words = grown;
    }
    this.words[at] = start;
    this.words[at + 1] = end;
    this.words[at + 2] = kind;
    this.findings++;
  }
}
