import { isBackgroundJob } from "../os/terminals.ts";
import { isDumbTerminal } from "./color.ts";

/** Width of a terminal that doesn't report its own. */
const COLUMNS_UNKNOWN = 80;
/**
 * To the end of the screen: a terminal that becomes narrower wraps the line. It keeps the cursor with the character that
 * it was on, which is the first, so that the line begins there still.
 */
const ERASE = "\r\u001b[J";

/** The line at the bottom of a terminal that is replaced again and again. On other streams, it isn't there. */
export class LiveLine {
  /** Whether it can ever be seen. */
  readonly isPossible: boolean;
  readonly #terminal: NodeJS.WriteStream;
  #isDrawn = false;

  constructor(terminal: NodeJS.WriteStream) {
    this.#terminal = terminal;
    this.isPossible = terminal.isTTY === true && !isDumbTerminal();
  }

  /**
   * Replaces the line, unless the terminal is another job's just now.
   *
   * @param text given the columns that there are for it; what is longer is cut
   */
  draw(text: (columns: number) => string): void {
    if (!this.isPossible || isBackgroundJob()) return;
    // Some terminals (a serial line, a pty without a size) don't report how wide they are. The last column would wrap.
    const columns = (this.#terminal.columns || COLUMNS_UNKNOWN) - 1;
    this.#terminal.write(`${ERASE}${text(columns).slice(0, columns)}\r`);
    this.#isDrawn = true;
  }

  /** To be called before anything else is written to the terminal, which then begins where the line began. */
  clear(): void {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    if (!isBackgroundJob()) this.#terminal.write(ERASE);
  }
}
