import { setImmediate as nextIteration } from "node:timers/promises";
import { expect } from "vitest";
import type { Subject } from "../support/subject.ts";
import { startWriter } from "../support/writer-process.ts";
import { Bench, block, heldClockMs, numbered, testIf } from "./bench.ts";

const SENDERS = 50;
const CLOSE_MS_MAX = 1500;
const SILENT_CLOSE_MS_MAX = 500;
const LINES_PER_SEND = 20;

/** What close() promises senders that are connected and may be writing. */
export function describeClosing(subject: Subject): void {
  const { traits } = subject.transport;

  testIf(
    subject.registered && traits.closing !== "drops",
    "a sender of ours that sends on through close() loses nothing: what it says it has sent is delivered",
    async () => {
      const bench = await Bench.open(subject);
      const sender = await bench.sender();
      let given = 0;
      let refused = false;
      const flood = (async () => {
        while (!refused) {
          const lines = numbered("a", LINES_PER_SEND, () => 500);
          given += lines.length;
          await Promise.all([sender.send(block(lines))?.catch(() => (refused = true)), nextIteration()]);
        }
      })();
      await bench.arrived(10 * LINES_PER_SEND);
      await bench.listener.close();
      await flood;
      await sender.close();
      const unsent = Object.values(bench.unsent).reduce((sum, lines) => sum + lines, 0);
      // A line that was cut in the middle arrives in part, and doesn't count as sent.
      expect(bench.collector.lines.filter((line) => line.endsWith('"}')).length).toBe(given - unsent);
      expect(bench.unsent).toMatchObject({ tooLong: 0, refused: 0, inDoubt: 0, unacknowledged: 0 });
      expect(bench.listener.stats()).toMatchObject({ cutSenders: 0, cutBytes: 0 });
    },
  );

  testIf(
    subject.registered && subject.isReadable && traits.overload === "blocks",
    "a sender that writes on is ended by close(): all that its kernel took is delivered, or counted as cut",
    async () => {
      const bench = await Bench.open(subject);
      const { written } = await startWriter(bench.endpoint, traits.boundary);
      expect(await heldClockMs(() => bench.listener.close())).toBeLessThanOrEqual(CLOSE_MS_MAX);
      const { bytes, errno } = await written;
      const { cutSenders, cutBytes } = bench.listener.stats();
      expect(["EPIPE", "ECONNRESET", "ECONNREFUSED"]).toContain(errno);
      // Where the scheduler interrupts the listener between the count and the reset, it says that the number isn't known.
      if (cutBytes === null) expect(bench.collector.bytes).toBeLessThan(bytes);
      else expect(bench.collector.bytes + cutBytes).toBe(bytes);
      if (traits.closing === "exact") expect(cutBytes).toBe(0);
      if (cutBytes === 0) expect(cutSenders).toBeLessThanOrEqual(traits.closing === "exact" ? 0 : 1);
      else expect(cutSenders).toBe(1);
    },
  );

  testIf(
    subject.registered && subject.isReadable && traits.channel === "peer",
    "what close() can't hand over, because the receiver pauses for ever, is counted as cut to the byte",
    async () => {
      const bench = await Bench.open(subject);
      bench.collector.pause();
      const raw = subject.openRawSender(bench.endpoint);
      raw.write("{}\n");
      await bench.arrived(1);
      raw.write(`${"x".repeat(999)}\n`);
      expect(await heldClockMs(() => bench.listener.close())).toBeLessThanOrEqual(CLOSE_MS_MAX);
      expect(bench.listener.stats()).toMatchObject({ cutSenders: 1, cutBytes: 1000 });
      expect(bench.collector.lineCount).toBe(1);
    },
  );

  testIf(
    subject.isReadable && traits.channel === "peer",
    "close() does not wait for silent senders, and their next write fails",
    async () => {
      const bench = await Bench.open(subject);
      const silent = Array.from({ length: SENDERS }, () => subject.openRawSender(bench.endpoint));
      for (const raw of silent) raw.write("{}\n");
      await bench.arrived(SENDERS);
      expect(await heldClockMs(() => bench.listener.close())).toBeLessThanOrEqual(SILENT_CLOSE_MS_MAX);
      expect(bench.listener.stats()).toMatchObject({ senders: 0, cutSenders: 0, cutBytes: 0 });
      for (const raw of silent) expect(() => raw.write("{}\n")).toThrow();
      expect(bench.collector.lineCount).toBe(SENDERS);
    },
  );

  testIf(
    subject.registered && subject.isReadable && traits.channel === "peer",
    "close() takes in those who wait to be accepted, beyond the limit of connections too",
    async () => {
      const bench = await Bench.open(subject, { connectionsMax: 2 });
      for (let i = 0; i < 6; i++) subject.openRawSender(bench.endpoint).write("{}\n");
      await bench.listener.close();
      expect(bench.collector.lineCount).toBe(6);
      expect(bench.listener.stats()).toMatchObject({ accepted: 6, refused: 0 });
    },
  );
}
