/** A node of a circular doubly linked list, from which a member can be removed in constant time. */
export class Link<T> {
  readonly member: T;
  #before: Link<T> = this;
  #after: Link<T> = this;

  constructor(member: T) {
    this.member = member;
  }

  /** The next link; the link itself when it is alone. */
  get after(): Link<T> {
    return this.#after;
  }

  /** Removes the link from its ring; then it is alone. */
  leave(): void {
    this.#before.#after = this.#after;
    this.#after.#before = this.#before;
    this.#before = this;
    this.#after = this;
  }

  /** Inserts a link that is alone before this one. If this one is the ring's head, that is the end of the list. */
  insertBefore(link: Link<T>): void {
    link.#before = this.#before;
    link.#after = this;
    this.#before.#after = link;
    this.#before = link;
  }
}
