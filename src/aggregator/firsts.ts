/** How many names are told apart; further ones are only counted elsewhere. */
const NAMES_MAX = 100;

/** Knows which names it has seen, so that each is reported once. */
export class Firsts {
  readonly #seen = new Set<string>();

  isFirst(name: string): boolean {
    if (this.#seen.has(name) || this.#seen.size >= NAMES_MAX) return false;
    this.#seen.add(name);
    return true;
  }
}
