import fc from "fast-check";
import { expect, test } from "vitest";
import { framingCounts } from "../../src/framing/framing.ts";
import { MessageFramer } from "../../src/framing/message-framer.ts";
import { StreamFramer } from "../../src/framing/stream-framer.ts";
import { TailBudget } from "../../src/framing/tail-budget.ts";
import { bytesWithLines, chunked, chunkLengths } from "../support/arbitrary-bytes.ts";
import { BlockCollector, frameStream, referenceFraming } from "../support/framed.ts";
import { messageBatch } from "../support/message-batch.ts";
import { runs } from "../support/property-runs.ts";

const lineBytesMax = fc.integer({ min: 1, max: 60 });
const RUNS = runs(400);

test("any bytes in any chunks give the lines that are in them", () => {
  fc.assert(
    fc.property(bytesWithLines(300), chunkLengths, lineBytesMax, (bytes, lengths, max) => {
      expect(frameStream(chunked(bytes, lengths), max)).toEqual(referenceFraming(bytes, max));
    }),
    RUNS,
  );
});

test("channels whose chunks arrive in any order never touch each other's lines", () => {
  const channel = fc.record({ bytes: bytesWithLines(120), lengths: chunkLengths });
  const order = fc.array(fc.nat({ max: 6 }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.array(channel, { minLength: 7, maxLength: 7 }), order, lineBytesMax, (channels, order, max) => {
      const budget = new TailBudget(1024 * 1024);
      const running = channels.map(({ bytes, lengths }) => {
        const collector = new BlockCollector();
        const counts = framingCounts();
        const framer = new StreamFramer({ lineBytesMax: max, budget, counts }, collector.emit);
        return { bytes, chunks: chunked(bytes, lengths), framer, collector, counts };
      });
      for (const index of order) {
        const chunk = running[index]?.chunks.shift();
        if (chunk !== undefined) running[index]?.framer.push(chunk);
      }
      for (const { bytes, chunks, framer, collector, counts } of running) {
        for (const chunk of chunks) framer.push(chunk);
        framer.end();
        expect({ lines: collector.lines, counts }).toEqual(referenceFraming(bytes, max));
      }
      expect(budget.bytes).toBe(0);
    }),
    runs(60),
  );
});

test("any messages give the lines that are in them, one by one and in batches", () => {
  const messages = fc.array(bytesWithLines(40), { maxLength: 20 });
  fc.assert(
    fc.property(messages, fc.integer({ min: 41, max: 80 }), lineBytesMax, (all, slotBytes, max) => {
      const wanted = all.flatMap((message) => referenceFraming(message, max).lines);
      const outcomes = [true, false].map((inBatch) => {
        const collector = new BlockCollector();
        const counts = framingCounts();
        const framer = new MessageFramer(max, counts, collector.emit);
        const batches = inBatch ? [all] : all.map((message) => [message]);
        for (const batch of batches) framer.push(messageBatch(batch, slotBytes));
        expect(counts.emptyMessages).toBe(all.filter((message) => message.length === 0).length);
        return { lines: collector.lines, counts };
      });
      expect(outcomes[0]?.lines).toEqual(wanted);
      expect(outcomes[1]).toEqual(outcomes[0]);
    }),
    RUNS,
  );
});
