/** The failure that ends the aggregator, whichever part reports it. */
export class Failure {
  readonly failed: Promise<never>;
  fail: (error: Error) => void = () => {};

  constructor() {
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.failed.catch(() => {}); // reported by the caller that awaits it
  }
}
