import { describe, expect, test } from "vitest";
import { framingCounts } from "../../src/framing/framing.ts";
import { MessageFramer } from "../../src/framing/message-framer.ts";
import { BlockCollector, type Framed } from "../support/framed.ts";
import { messageBatch } from "../support/message-batch.ts";

const SLOT_BYTES = 16;
const LINE_BYTES_MAX = 12;

function frame(push: (framer: MessageFramer) => void): Framed & { blocks: number } {
  const collector = new BlockCollector();
  const counts = framingCounts();
  push(new MessageFramer(LINE_BYTES_MAX, counts, collector.emit));
  return { lines: collector.lines, counts, blocks: collector.blocks.length };
}

function oneByOne(messages: readonly Buffer[]): Framed {
  const { lines, counts } = frame((framer) => {
    for (const message of messages) framer.push(messageBatch([message], SLOT_BYTES));
  });
  return { lines, counts };
}

function together(messages: readonly Buffer[]): Framed {
  const { lines, counts } = frame((framer) => framer.push(messageBatch(messages, SLOT_BYTES)));
  return { lines, counts };
}

const buffers = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text, "latin1"));

describe.each([
  ["one by one", oneByOne],
  ["in a batch", together],
])("messages %s", (_, receive) => {
  test("with and without their LF become lines, never joined", () => {
    expect(receive(buffers("ab\n", "cd", "ef\n", "g"))).toEqual({
      lines: ["ab", "cd", "ef", "g"],
      counts: framingCounts(),
    });
  });

  test("holding several lines are split", () => {
    expect(receive(buffers("a\nb\nc", "d\n\ne\n")).lines).toEqual(["a", "b", "c", "d", "", "e"]);
  });

  test("without a byte are counted and are no lines", () => {
    const { lines, counts } = receive(buffers("", "a\n", "", ""));
    expect(lines).toEqual(["a"]);
    expect(counts).toEqual({ ...framingCounts(), emptyMessages: 3 });
  });

  test("with an LF alone are blank lines", () => {
    expect(receive(buffers("\n", "\r\n", "\n\n")).lines).toEqual(["", "\r", "", ""]);
  });

  test("with a line over the limit lose that line alone", () => {
    const long = "x".repeat(LINE_BYTES_MAX + 1);
    const { lines, counts } = receive(buffers("a\n", `${long}\n`, "b\n", long, "c", "x".repeat(LINE_BYTES_MAX)));
    expect(lines).toEqual(["a", "b", "c", "x".repeat(LINE_BYTES_MAX)]);
    expect(counts).toEqual({ ...framingCounts(), oversize: 2 });
  });
});

test("any batch gives the lines of its messages one by one", () => {
  const parts = ["", "a", "b\n", "\n", "cd\nef", "0123456789ABC", "0123456789ABCD\n", "123456789012345"];
  for (const first of parts) {
    for (const second of parts) {
      for (const third of parts) {
        const messages = buffers(first, second, third);
        expect(together(messages), JSON.stringify([first, second, third])).toEqual(oneByOne(messages));
      }
    }
  }
});

test("a batch leaves as one block", () => {
  const messages = buffers("ab\n", "cd", "", "ef\n");
  expect(frame((framer) => framer.push(messageBatch(messages, SLOT_BYTES))).blocks).toBe(1);
});

test("full slots, all without LF, find room for theirs", () => {
  const messages = Array.from({ length: 20 }, (_, i) => Buffer.alloc(SLOT_BYTES - 4, 65 + i));
  expect(together(messages).lines).toEqual(messages.map(String));
});

test("an empty batch gives nothing", () => {
  expect(frame((framer) => framer.push(messageBatch([], SLOT_BYTES))).blocks).toBe(0);
});

describe("a message that the kernel cut", () => {
  test("keeps its whole lines; the line that was cut is counted, and no neighbour suffers", () => {
    const { lines, counts } = together(buffers("before\n", "a\nb\ncut off somewhere\n", "after\n"));
    expect(lines).toEqual(["before", "a", "b", "after"]);
    expect(counts).toEqual({ ...framingCounts(), truncated: 1 });
  });

  test("without a whole line leaves nothing, and is no empty message", () => {
    const { lines, counts } = together(buffers("x".repeat(40), "y".repeat(SLOT_BYTES)));
    expect(lines).toEqual([]);
    expect(counts).toEqual({ ...framingCounts(), truncated: 2 });
  });
});
