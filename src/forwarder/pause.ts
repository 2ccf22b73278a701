/** A pause that ends after its time, or when something happens; what happens before it begins ends it at once. */
export class Pause {
  #isOver = false;
  #end: () => void = () => {};

  /** One at a time. */
  wait(ms: number): Promise<void> {
    if (this.#isOver) {
      this.#isOver = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.end(), ms);
      this.#end = () => {
        clearTimeout(timer);
        this.#isOver = false;
        resolve();
      };
    });
  }

  end(): void {
    this.#isOver = true;
    this.#end();
    this.#end = () => {};
  }
}
