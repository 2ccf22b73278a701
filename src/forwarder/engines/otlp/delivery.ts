import type { Block, Refusal } from "../engine.ts";
import type { Verdict } from "./answer.ts";
import { type LineRange, linesOf } from "./export-request.ts";

/** What is to be done about the lines of a request, with the reason of a refusal. */
export type LinesVerdict =
  | Extract<Verdict, { kind: "accepted" }>
  | (Extract<Verdict, { kind: "refused" }> & Pick<Refusal, "reason">);

/** A block on its way. Where lines are refused, they are halved, down to the single line that is the reason. */
export class Delivery {
  /** Of the lines that are answered for. */
  readonly refusals: Refusal[] = [];
  /** The server's, about lines that it has accepted; empty for none. */
  warning = "";
  readonly #name: string;
  readonly #offset: number;
  readonly #bytes: number;
  /** What is not answered for; the lines of the next request are the last ones. */
  readonly #parts: (readonly LineRange[])[];

  constructor(block: Block) {
    this.#name = nameOf(block);
    this.#offset = block.offset;
    this.#bytes = block.bytes.length;
    this.#parts = [linesOf(block)];
  }

  isOf(block: Block): boolean {
    return this.#name === nameOf(block);
  }

  /** The lines of the next request; undefined when the server has answered for all of them. */
  get next(): readonly LineRange[] | undefined {
    return this.#parts.at(-1);
  }

  /** The server has answered for the lines of the next request. */
  answered(verdict: LinesVerdict): void {
    const lines = this.#parts.pop() ?? [];
    const { message } = verdict;
    if (verdict.kind === "refused" && lines.length > 1) {
      const half = Math.ceil(lines.length / 2);
      this.#parts.push(lines.slice(half), lines.slice(0, half));
    } else if (verdict.kind === "refused") {
      this.refusals.push({ reason: verdict.reason, ...this.#placeOf(lines), lines: 1, message });
    } else if (verdict.rejected > 0) {
      const reason = lines.length === 1 ? "refused" : "unnamed";
      const rejected = Math.min(verdict.rejected, lines.length);
      this.refusals.push({ reason, ...this.#placeOf(lines), lines: rejected, message });
    } else this.warning = message || this.warning;
  }

  /** With the line feed, which the file's last line may lack. */
  #placeOf(lines: readonly LineRange[]): Pick<Refusal, "offset" | "length"> {
    const [start, end] = [lines[0]?.start ?? 0, lines.at(-1)?.end ?? 0];
    return { offset: this.#offset + start, length: Math.min(end + 1, this.#bytes) - start };
  }
}

/**
 * What is known of a server, whichever connection it was learned on. A block whose delivery was interrupted goes on over another
 * connection, without the lines that the server has answered for.
 */
export class ServerKnowledge {
  /** Whether it has ever accepted a block. */
  hasAccepted = false;
  #delivery: Delivery | undefined;

  /** The delivery of a block, which may have begun. Blocks are delivered one after the other. */
  deliveryOf(block: Block): Delivery {
    if (this.#delivery?.isOf(block) !== true) this.#delivery = new Delivery(block);
    return this.#delivery;
  }
}

/** Blocks with the same name have the same lines. */
function nameOf({ file, offset, bytes, crc }: Block): string {
  return `${file}:${offset}:${bytes.length}:${crc}`;
}
