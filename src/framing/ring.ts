/** A place in a ring: a list without ends, from which a member can be taken in constant time. */
export class Link<T> {
  readonly member: T;
  #before: Link<T> = this;
  #after: Link<T> = this;

  constructor(member: T) {
    this.member = member;
  }

  /** The next one; the link itself when it is alone. */
  get after(): Link<T> {
    return this.#after;
  }

  /** Takes the link out of its ring; it is alone then. */
  leave(): void {
    this.#before.#after = this.#after;
    this.#after.#before = this.#before;
    this.#before = this;
    this.#after = this;
  }

  /** Puts a link that is alone before this one: where this one is the ring's head, at the end. */
  insertBefore(link: Link<T>): void {
    link.#before = this.#before;
    link.#after = this;
    this.#before.#after = link;
    this.#before = link;
  }
}
