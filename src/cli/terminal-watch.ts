import { StandardTerminals } from "../os/terminals.ts";

/**
 * Notices that the terminal is gone on which the process was started: its window was closed, or its connection dropped.
 * Then `lost` resolves; what the process still says there goes nowhere. Made once, by a command that ends in order then.
 */
export class TerminalWatch {
  /** Never rejects. */
  readonly lost: Promise<void>;
  /** Looks now: to be called when writing to stdout or stderr has failed. */
  readonly look: () => void;

  /** @param hangUp called upon a SIGHUP that means something else */
  constructor(hangUp: () => void = () => {}) {
    const terminals = new StandardTerminals();
    let lose: () => void = () => {};
    this.lost = new Promise((resolve) => {
      lose = resolve;
    });
    this.look = () => {
      if (terminals.areLost()) lose();
    };
    process.on("SIGHUP", () => (terminals.areLost() ? lose() : hangUp()));
    for (const stream of [process.stdout, process.stderr]) stream.on("error", this.look);
    process.on("exit", () => {
      if (terminals.areLost()) terminals.replace();
    });
  }
}
