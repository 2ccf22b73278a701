import { describe, expect, test } from "vitest";
import type { Subject } from "../support/subject.ts";
import { Bench, bySender, expectSameLines, numbered, testIf } from "./bench.ts";

const SENDERS = 7;
const KiB = 1024;

/** What arrives: every byte, in order, in whole lines. */
export function describeDelivery(subject: Subject): void {
  const { traits } = subject.transport;
  /** Longest line a sender may send here, LF not counted; as long as tests like where there is no limit. */
  const lineMax = Math.min(traits.atomicBytesMax, 256 * KiB) - 1;

  test("once listen() has resolved a sender connects at once, and its line arrives", async () => {
    const bench = await Bench.open(subject);
    const sender = await bench.sender();
    await sender.send(Buffer.from('{"first":true}\n'));
    await bench.arrived(1);
    expect(bench.collector.lines).toEqual(['{"first":true}']);
  });

  test("every byte value arrives as it was sent", async () => {
    const bench = await Bench.open(subject);
    const sender = await bench.sender();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 0x0a));
    const line = Buffer.concat([bytes, Buffer.from("\n")]);
    await sender.send(line);
    await bench.arrived(1);
    expect(Buffer.concat(bench.collector.channels.flatMap(({ received }) => received)).equals(line)).toBe(true);
  });

  test("one sender's lines of all lengths arrive exactly and in order", async () => {
    const bench = await Bench.open(subject);
    const sender = await bench.sender();
    const lengths = [40, 100, 173, 999, 4095, 4096, 16_384, 65_000, lineMax].filter((bytes) => bytes <= lineMax);
    const lines = numbered("a", 300, (n) => lengths[n % lengths.length] ?? 40);
    for (const linesPerSend of [1, 7]) await bench.send(sender, lines, linesPerSend);
    await bench.arrived(2 * lines.length);
    expectSameLines(bench.collector.lines, [...lines, ...lines]);
  });

  test("many small lines in one send are split again", async () => {
    const bench = await Bench.open(subject);
    const sender = await bench.sender();
    const lines = numbered("a", 20_000, () => 60);
    // Few at a time where the kernel may drop: what fits in the smallest of receive buffers.
    await bench.send(sender, lines, traits.overload === "drops" ? 100 : 5000);
    await bench.arrived(lines.length);
    expectSameLines(bench.collector.lines, lines);
  });

  testIf(
    subject.isReadable && traits.boundary === "stream",
    "a line that comes in parts is joined, however late its end",
    async () => {
      const bench = await Bench.open(subject);
      const raw = subject.openRawSender(bench.endpoint);
      let seen = 0;
      for (const part of ["{", '"a"', ":1}\n{", '"b":2', "}", "\n"]) {
        raw.write(part);
        seen += part.length;
        await bench.collector.until(() => bench.collector.bytes === seen);
      }
      expect(bench.collector.lines).toEqual(['{"a":1}', '{"b":2}']);
    },
  );

  testIf(traits.boundary === "message", "a message has several lines, one, or none", async () => {
    const bench = await Bench.open(subject);
    const raw = subject.openRawSender(bench.endpoint);
    for (const message of ["a\nb\nc\n", "d", "", "e\nf", "\n", "g\n"]) raw.write(message);
    await bench.arrived(8);
    expect(bench.collector.lines).toEqual(["a", "b", "c", "d", "e", "f", "", "g"]);
    expect(bench.collector.counts.emptyMessages).toBe(1);
  });

  testIf(
    subject.isReadable,
    "a partial last line is kept when its sender ends, and later senders begin a line of their own",
    async () => {
      const bench = await Bench.open(subject);
      const raw = subject.openRawSender(bench.endpoint);
      raw.write("whole\npartial");
      raw.close();
      await bench.arrived(2);
      const sender = await bench.sender();
      await sender.send(Buffer.from("next\n"));
      await bench.arrived(3);
      expect(bench.collector.lines).toEqual(["whole", "partial", "next"]);
      expect(bench.collector.counts.unterminated).toBe(traits.boundary === "stream" ? 1 : 0);
    },
  );

  test("a line over the limit is dropped and counted; the lines around it and the sender stay", async () => {
    const bench = await Bench.open(subject, { lineBytesMax: 1000 });
    const sender = await bench.sender();
    const [before = "", long = "", after = ""] = numbered("a", 3, (n) => (n === 1 ? 3500 : 1000));
    await bench.send(sender, [before], 1);
    await sender.send(Buffer.from(`${long}\n`));
    await sender.send(Buffer.from(`${after}\n`));
    await bench.arrived(2);
    expectSameLines(bench.collector.lines, [before, after]);
    const { oversize, truncated } = bench.collector.counts;
    expect(oversize + truncated).toBe(1);
  });

  describe(`${SENDERS} senders at once`, () => {
    test("never interleave inside a line; each one's order is kept", async () => {
      const bench = await Bench.open(subject);
      const all = Array.from({ length: SENDERS }, (_, i) =>
        numbered(`s${i}`, 120, (n) => Math.min(lineMax, [50, 173, 1500, 4095, 30_000][(n + i) % 5] ?? 50)),
      );
      const senders = await Promise.all(all.map(() => bench.sender()));
      if (traits.overload === "drops") {
        for (let n = 0; n < 120; n++) {
          const wanted = bench.collector.lineCount + SENDERS;
          for (const [i, sender] of senders.entries()) await sender.send(Buffer.from(`${all[i]?.[n]}\n`));
          await bench.arrived(wanted);
        }
      } else {
        await Promise.all(senders.map((sender, i) => bench.send(sender, all[i] ?? [], 1 + i)));
      }
      await bench.arrived(SENDERS * 120);
      const arrived = bySender(bench.collector.lines);
      for (const [i, lines] of all.entries()) expectSameLines(arrived.get(`s${i}`) ?? [], lines, `s${i}`);
      expect(bench.collector.lineCount).toBe(SENDERS * 120);
    });

    test("have their longest lines arrive whole", async () => {
      const bench = await Bench.open(subject);
      const rounds = 5;
      const all = Array.from({ length: SENDERS }, (_, i) => numbered(`s${i}`, rounds, () => lineMax));
      const senders = await Promise.all(all.map(() => bench.sender()));
      for (let n = 0; n < rounds; n++) {
        await Promise.all(senders.map((sender, i) => sender.send(Buffer.from(`${all[i]?.[n]}\n`))));
        await bench.arrived(SENDERS * (n + 1));
      }
      const arrived = bySender(bench.collector.lines);
      for (const [i, lines] of all.entries()) expectSameLines(arrived.get(`s${i}`) ?? [], lines, `s${i}`);
    });

    testIf(traits.channel === "peer", "each have a channel of their own, ended once when they end", async () => {
      const bench = await Bench.open(subject);
      const senders = await Promise.all(Array.from({ length: SENDERS }, () => bench.sender()));
      await Promise.all(senders.map((sender, i) => sender.send(Buffer.from(`{"from":"s${i}"}\n`))));
      await bench.arrived(SENDERS);
      const { channels } = bench.collector;
      expect(bench.listener.stats()).toMatchObject({ senders: SENDERS, accepted: SENDERS, refused: 0, kernelDrops: 0 });
      expect(channels.map(({ ends }) => ends)).toEqual(Array(SENDERS).fill(0));
      await Promise.all(senders.map((sender) => sender.close()));
      await bench.collector.until(() => channels.every(({ ends }) => ends === 1));
      await bench.listener.close();
      expect(channels.map(({ ends }) => ends)).toEqual(Array(SENDERS).fill(1));
      expect(bench.listener.stats().senders).toBe(0);
    });
  });
}
