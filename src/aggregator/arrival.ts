/** The time of arrival as text, such as 2026-11-26T07:52:11.648Z: the same string within a millisecond. */
export class ArrivalTime {
  #ms = 0;
  #text = "";

  now(): string {
    const ms = Date.now();
    if (ms !== this.#ms) {
      this.#ms = ms;
      this.#text = new Date(ms).toISOString();
    }
    return this.#text;
  }
}
