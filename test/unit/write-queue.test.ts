import { describe, expect, test } from "vitest";
import { WriteQueue } from "../../src/sink/write-queue.ts";
import { cuts } from "../support/cuts.ts";

const SLAB_BYTES = 16;

/** Empties the queue by writes of at most `stepBytes`, as write(2) may do, and returns what each slab held. */
function drain(queue: WriteQueue, stepBytes: number): string[] {
  const slabs: string[] = [];
  for (let slab = queue.head(); slab !== undefined; slab = queue.head()) {
    if (slab.done === 0) slabs.push("");
    const bytes = slab.memory.subarray(slab.done, Math.min(slab.used, slab.done + stepBytes));
    slabs.push((slabs.pop() ?? "") + bytes);
    queue.written(bytes.length);
  }
  return slabs;
}

test("gives back what was pushed, in order, in slabs of whole lines, however it was pushed and written", () => {
  const text = "a\nbcdefgh\nij\n0123456789012\nkl\nmnopqrstuvwxyz0\n-\n";
  const lines = text.split(/(?<=\n)/);
  for (const parts of [1, 2, 3, 4]) {
    for (const ends of cuts(Buffer.from(lines.map((_, i) => i)), parts)) {
      for (const stepBytes of [1, 3, 1000]) {
        const queue = new WriteQueue(SLAB_BYTES);
        for (const end of ends) queue.push(Buffer.from(Array.from(end, (i) => lines[i]).join("")));
        expect(queue.bytes).toBe(text.length);
        expect(queue.lines()).toBe(lines.length);
        const slabs = drain(queue, stepBytes);
        expect(slabs.join("")).toBe(text);
        expect(slabs.every((slab) => slab.endsWith("\n") && slab.length <= SLAB_BYTES)).toBe(true);
        expect([queue.bytes, queue.lines(), queue.hasSealed]).toEqual([0, 0, false]);
      }
    }
  }
});

test("gives many slabs at once, of which any part may have been written", () => {
  const text = "0123456789abcde\nfghijkl\nmnopqrstuvw\nxyz\n";
  for (let bytesMax = 1; bytesMax < 60; bytesMax++) {
    for (let part = 1; part <= text.length; part++) {
      const queue = new WriteQueue(SLAB_BYTES);
      for (const line of text.split(/(?<=\n)/)) queue.push(Buffer.from(line));
      let drained = "";
      for (let buffers = queue.oldest(bytesMax); buffers.length > 0; buffers = queue.oldest(bytesMax)) {
        const bytes = Buffer.concat(buffers);
        expect(bytes.length <= bytesMax || buffers.length === 1).toBe(true);
        const taken = Math.min(part, bytes.length);
        drained += bytes.toString("latin1", 0, taken);
        queue.written(taken);
      }
      expect(drained).toBe(text);
      expect(queue.bytes).toBe(0);
    }
  }
});

test("what was pushed may be changed at once", () => {
  const queue = new WriteQueue(SLAB_BYTES);
  const lines = Buffer.from("abc\n");
  queue.push(lines);
  lines.fill("#");
  expect(drain(queue, 100)).toEqual(["abc\n"]);
});

describe("a line larger than a slab", () => {
  const long = `${"L".repeat(40)}\n`;

  test.each([
    ["alone", long],
    ["first", `${long}b\n`],
    ["last", `a\n${long}`],
    ["between", `a\n${long}b\n`],
    ["twice", `${long}${long}`],
    ["beside one that just fits", `${"F".repeat(SLAB_BYTES - 1)}\n${long}${"F".repeat(SLAB_BYTES - 1)}\n`],
  ])("gets a slab of its own: %s", (_, text) => {
    const queue = new WriteQueue(SLAB_BYTES);
    queue.push(Buffer.from(text));
    expect(queue.bytes).toBe(text.length);
    const slabs = drain(queue, 7);
    expect(slabs.join("")).toBe(text);
    expect(slabs.filter((slab) => slab.includes("L")).every((slab) => slab === long)).toBe(true);
  });
});

test("a queue that is written as fast as it fills uses the same memory again and again", () => {
  const queue = new WriteQueue(SLAB_BYTES);
  const memories = new Set<Buffer>();
  for (let i = 0; i < 100; i++) {
    queue.push(Buffer.from("abc\n"));
    const slab = queue.head();
    if (slab !== undefined) memories.add(slab.memory);
    queue.written(4);
  }
  expect(memories.size).toBeLessThanOrEqual(2);
});

test("memory is at most about twice what waits, for lines of any length", () => {
  for (const lineBytes of [1, 7, 8, 9, 15, 16, 17, 100]) {
    const queue = new WriteQueue(SLAB_BYTES);
    const line = Buffer.from(`${"x".repeat(lineBytes - 1)}\n`);
    for (let i = 0; i < 200; i++) queue.push(line);
    let memoryBytes = 0;
    for (let slab = queue.head(); slab !== undefined; slab = queue.head()) {
      memoryBytes += slab.memory.length;
      queue.written(slab.used);
    }
    expect(memoryBytes).toBeLessThanOrEqual(2 * 200 * lineBytes + 2 * SLAB_BYTES);
  }
});

test("a line that is partly written counts as not written", () => {
  const queue = new WriteQueue(SLAB_BYTES);
  queue.push(Buffer.from("abc\ndef\n"));
  queue.head();
  queue.written(3);
  expect(queue.lines()).toBe(2);
  queue.written(1);
  expect(queue.lines()).toBe(1);
  queue.written(2);
  expect([queue.lines(), queue.bytes]).toEqual([1, 2]);
});

test("lines that come while a slab is being written go behind what is being written", () => {
  const queue = new WriteQueue(SLAB_BYTES);
  queue.push(Buffer.from("ab\n"));
  const slab = queue.head();
  queue.push(Buffer.from("cd\n"));
  queue.written(3);
  expect(queue.head()).toBe(slab);
  expect(drain(queue, 100)).toEqual(["cd\n"]);
});

test("an unfinished line can be taken back, to be written whole elsewhere", () => {
  for (const retain of [false, true]) {
    const queue = new WriteQueue(SLAB_BYTES, retain);
    queue.push(Buffer.from("ab\ncd\nef\n"));
    queue.head();
    queue.written(4);
    expect([queue.rewindLine(), queue.bytes, queue.lines()]).toEqual([1, 6, 2]);
    expect(queue.rewindLine()).toBe(0);
    expect(drain(queue, 2).join("")).toBe("d\nef\n".replace("d", "cd"));
  }
});

describe("a queue that retains", () => {
  test("gives everything back that isn't known to be safe, in order, however it was written and synced", () => {
    const text = "a\nbcdefgh\nij\n0123456789012\nkl\nmnopqrstuvwxyz0\n-\n";
    for (let written = 0; written <= text.length; written++) {
      for (let safe = 0; safe <= written; safe += 3) {
        const queue = new WriteQueue(SLAB_BYTES, true);
        queue.push(Buffer.from(text));
        writeBytes(queue, written);
        queue.synced(safe);
        expect([queue.bytes, queue.retained]).toEqual([text.length - written, written - safe]);
        queue.rewind();
        expect([queue.bytes, queue.retained]).toEqual([text.length - safe, 0]);
        expect(writeBytes(queue, text.length - safe)).toBe(text.slice(safe));
      }
    }
  });

  test("is written and synced step by step without growing", () => {
    const queue = new WriteQueue(SLAB_BYTES, true);
    const slabs = new Set<Buffer>();
    for (let i = 0; i < 1000; i++) {
      queue.push(Buffer.from("0123\n"));
      const slab = queue.head();
      if (slab !== undefined) slabs.add(slab.memory);
      queue.written(5);
      if (i % 4 === 3) queue.synced(20);
    }
    expect([queue.bytes, queue.retained]).toEqual([0, 0]);
    expect(slabs.size).toBeLessThanOrEqual(4);
  });
});

/** Empties the queue by that many bytes, and returns them. */
function writeBytes(queue: WriteQueue, bytes: number): string {
  let text = "";
  for (let slab = queue.head(); slab !== undefined && text.length < bytes; slab = queue.head()) {
    const step = slab.memory.subarray(slab.done, Math.min(slab.used, slab.done + bytes - text.length));
    text += step.toString();
    queue.written(step.length);
  }
  return text;
}
