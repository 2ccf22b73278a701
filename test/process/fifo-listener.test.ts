import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { errnoOf } from "../../src/core/errors.ts";
import { thrownBy } from "../support/failure.ts";
import { FifoService, FifoWriter, say, shell } from "../support/fifo-service.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let path = "";
beforeEach(() => {
  path = join(temporaryDirectory(), "fifo");
});

/** Writes until the pipe is full; returns the bytes it took. */
function fill(writer: FifoWriter, block: string): number {
  let written = 0;
  const error = thrownBy(() => {
    for (;;) written += writer.write(block);
  });
  expect(errnoOf(error)).toBe("EAGAIN");
  return written;
}

describe("writers", () => {
  test("a thousand of one process come and go", async () => {
    const service = await FifoService.start(path);
    const lines = Array.from({ length: 1000 }, (_, i) => `line ${i}\n`);
    for (const line of lines) {
      say(path, line);
      if (line.endsWith("0\n")) await service.until(() => service.text.endsWith(line));
    }
    await service.until(() => service.text === lines.join(""));
    expect(service.channels).toHaveLength(1);
  });

  test("a thousand openings by another process", async () => {
    const service = await FifoService.start(path);
    const script = 'i=0; while [ $i -lt 1000 ]; do echo "line $i" > "$0"; i=$((i+1)); done';
    expect(await shell(script, path)).toBe(0);
    const lines = Array.from({ length: 1000 }, (_, i) => `line ${i}\n`).join("");
    await service.until(() => service.text.length >= lines.length);
    expect(service.text).toBe(lines);
  });

  test("an unfinished last line is complete when its writer has gone, and the next one's is another", async () => {
    const service = await FifoService.start(path);
    say(path, "one\ntw");
    await service.until(() => service.ends === 1);
    say(path, "three");
    await service.until(() => service.ends === 2);
    expect(service.channels.map((channel) => channel.text)).toEqual(["one\ntw", "three"]);
  });

  test("while any writer is left, an unfinished line may go on", async () => {
    const service = await FifoService.start(path);
    const other = new FifoWriter(path);
    say(path, "begun and ");
    await service.until(() => service.text === "begun and ");
    other.write("finished\n");
    other.close();
    await service.until(() => service.text.endsWith("finished\n"));
    expect(service.channels).toHaveLength(1);
    expect(service.ends).toBe(0);
  });

  test("one that opens and leaves without a word changes nothing", async () => {
    const service = await FifoService.start(path);
    for (let i = 0; i < 100; i++) new FifoWriter(path).close();
    say(path, "a word\n");
    await service.until(() => service.text === "a word\n");
    expect(service.ends).toBe(0);
  });

  test("without any the event loop rests", async () => {
    const service = await FifoService.start(path);
    say(path, "unfinished");
    await service.until(() => service.ends === 1);
    const rounds = (): number => performance.nodeTiming.uvMetricsInfo.loopCount;
    let fewest = Number.POSITIVE_INFINITY;
    // The test runner has some of its own, and now and then many; a loop that doesn't rest makes thousands each time.
    for (let times = 0; times < 10 && fewest >= 100; times++) {
      const before = rounds();
      await delay(200); // the time in which rounds are counted, not a wait
      fewest = Math.min(fewest, rounds() - before);
    }
    expect(fewest).toBeLessThan(100);
  });

  test("all that several write at once arrives, line by line", async () => {
    const service = await FifoService.start(path);
    const script = 'i=0; while [ $i -lt 5000 ]; do echo "$1 $i"; i=$((i+1)); done > "$0"';
    const statuses = await Promise.all(["a", "b", "c"].map((id) => shell(script, path, id)));
    expect(statuses).toEqual([0, 0, 0]);
    await service.until(() => service.text.split("\n").length > 15_000);
    for (const id of ["a", "b", "c"]) {
      const own = service.text.split("\n").filter((line) => line.startsWith(id));
      expect(own).toEqual(Array.from({ length: 5000 }, (_, i) => `${id} ${i}`));
    }
  });
});

describe("pauses and the end", () => {
  test("while the receiver asks for a pause nothing more is read", async () => {
    const service = await FifoService.start(path);
    const writer = new FifoWriter(path);
    writer.write("first\n");
    await service.until(() => service.text === "first\n");
    const [channel] = service.channels;
    channel?.gate.close();
    writer.write("second\n");
    await service.until(() => service.text.endsWith("second\n"));
    const block = "x".repeat(4095).concat("\n");
    const written = fill(writer, block);
    const other = await FifoService.start(`${path}2`);
    say(`${path}2`, "proof that the loop went round\n");
    await other.until(() => other.text.length > 0);
    expect(service.text).toBe("first\nsecond\n");
    channel?.gate.open();
    await service.until(() => service.text.length === 13 + written);
  });

  test("close() takes what is in the pipe, and from then on writers are refused", async () => {
    const service = await FifoService.start(path);
    const writer = new FifoWriter(path);
    const block = "y".repeat(4095).concat("\n");
    const written = fill(writer, block);
    expect(written).toBeGreaterThanOrEqual(65_536);
    await service.listener.close();
    expect(service.text).toBe(block.repeat(written / 4096));
    expect(service.ends).toBe(1);
    expect(errnoOf(thrownBy(() => writer.write("too late\n")))).toBe("EPIPE");
  });

  test("close() completes a last line that has no end", async () => {
    const service = await FifoService.start(path);
    new FifoWriter(path).write("unfinished");
    await service.listener.close();
    expect(service.text).toBe("unfinished");
    expect(service.ends).toBe(1);
  });
});
