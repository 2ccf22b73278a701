import { Readiness } from "../../os/readiness.ts";

/**
 * Waits until a descriptor is writable again. The caller owns the descriptor and must call close() before closing it.
 */
export class Writability {
  readonly #readiness: Readiness;
  #resolve: (() => void) | undefined;

  constructor(fd: number) {
    this.#readiness = new Readiness(fd, "writable", () => this.#end());
  }

  /** One wait at a time. Also resolves when close() is called. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#readiness.start();
    });
  }

  close(): void {
    this.#end();
    this.#readiness.close();
  }

  #end(): void {
    this.#readiness.stop();
    this.#resolve?.();
    this.#resolve = undefined;
  }
}
