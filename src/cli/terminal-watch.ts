import { StandardTerminals } from "../os/terminals.ts";

/** The kernel, a shell and a window send SIGHUP shortly before the terminal is gone. */
const LOOK_AGAIN_MS = 500;

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
    process.on("SIGHUP", () => {
      if (terminals.areLost()) return lose();
      hangUp();
      setTimeout(this.look, LOOK_AGAIN_MS).unref();
    });
    for (const stream of [process.stdout, process.stderr]) stream.on("error", this.look);
    process.on("exit", () => {
      if (terminals.areLost()) terminals.replace();
    });
  }
}
