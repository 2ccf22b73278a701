import assert from "node:assert/strict";
import { type FramingCounts, framingCounts } from "../../src/framing/framing.ts";
import { StreamFramer } from "../../src/framing/stream-framer.ts";
import { TailBudget } from "../../src/framing/tail-budget.ts";

/** The result of framing an input. */
export interface Framed {
  readonly lines: string[];
  readonly counts: FramingCounts;
}

/** Collects blocks, and checks that each consists of whole lines, at least one. */
export class BlockCollector {
  readonly blocks: Buffer[] = [];

  readonly emit = (block: Buffer): void => {
    assert(block.length > 0);
    assert.equal(block.at(-1), 0x0a);
    // Blocks are borrowed, so what is kept must be a copy.
    this.blocks.push(Buffer.from(block));
  };

  /** Without their LF; one character per byte. */
  get lines(): string[] {
    return Buffer.concat(this.blocks).toString("latin1").split("\n").slice(0, -1);
  }
}

/**
 * Runs chunks through a stream framer. Each chunk is overwritten after its push, which exposes a framer that kept it.
 */
export function frameStream(
  chunks: readonly Buffer[],
  lineBytesMax: number,
  budget: TailBudget = new TailBudget(1024 * 1024),
): Framed {
  const collector = new BlockCollector();
  const counts = framingCounts();
  const framer = new StreamFramer({ lineBytesMax, budget, counts }, collector.emit);
  for (const chunk of chunks) {
    framer.push(chunk);
    chunk.fill("#");
  }
  framer.end();
  return { lines: collector.lines, counts };
}

/**
 * What framing a stream must result in, by simple means: lines split at LF, an unfinished one at the end, none too
 * long.
 */
export function referenceFraming(bytes: Buffer, lineBytesMax: number): Framed {
  const parts = bytes.toString("latin1").split("\n");
  const tail = parts.pop() ?? "";
  const all = tail === "" ? parts : [...parts, tail];
  const lines = all.filter((line) => line.length <= lineBytesMax);
  const unterminated = tail !== "" && tail.length <= lineBytesMax ? 1 : 0;
  return { lines, counts: { ...framingCounts(), oversize: all.length - lines.length, unterminated } };
}
