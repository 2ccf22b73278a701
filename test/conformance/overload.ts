import { expect, test } from "vitest";
import type { Sender } from "../../src/transports/transport.ts";
import type { Subject } from "../support/subject.ts";
import { Bench, block, bySender, describeIf, expectSameLines, numbered, settles, testIf } from "./bench.ts";

const MiB = 1024 * 1024;
const SENDERS = 3;
const LINE_BYTES = 1000;
const LINES_PER_SEND = 50;
/** More than any kernel buffers for a few senders: tcp_rmem and tcp_wmem end at 6 and 4 MiB a connection. */
const SENT_BYTES_MAX = 40 * MiB;
const PATIENCE_MS = 150;
/** Senders with a line each, which one read(2) brings whole. */
const CROWD = 100;
const CROWD_LINE_BYTES = 900;

interface Flood {
  readonly lines: string[];
  /** The send that waits; undefined when none had to. */
  readonly waiting: Promise<void> | undefined;
}

/** Sends until a send doesn't settle, or so many lines have been sent. */
async function flood(sender: Sender, name: string, linesMax: number): Promise<Flood> {
  const lines: string[] = [];
  while (lines.length < linesMax) {
    const some = numbered(name, LINES_PER_SEND, () => LINE_BYTES).map((line, i) => restamp(line, lines.length + i));
    lines.push(...some);
    const pending = sender.send(Buffer.from(some.map((line) => `${line}\n`).join("")));
    if (pending !== undefined && !(await settles(pending, PATIENCE_MS))) return { lines, waiting: pending };
  }
  return { lines, waiting: undefined };
}

/** Gives the line another number and keeps its length. */
function restamp(line: string, n: number): string {
  return line
    .replace(/"n":\d+,"pad":"/, `"n":${n},"pad":"`)
    .slice(0, LINE_BYTES - 20)
    .padEnd(LINE_BYTES - 2, "p")
    .concat('"}');
}

/** What a receiver that asks for pauses, and one that is too slow, bring about. */
export function describeOverload(subject: Subject): void {
  const { traits } = subject.transport;

  describeIf(traits.overload === "blocks", "a receiver that asks for a pause", () => {
    test("gets no more input, senders wait, memory stays bounded, and then every line arrives", async () => {
      const bench = await Bench.open(subject);
      bench.collector.pause();
      const senders = await Promise.all(Array.from({ length: SENDERS }, () => bench.sender()));
      const floods = await Promise.all(
        senders.map((sender, i) => flood(sender, `s${i}`, SENT_BYTES_MAX / LINE_BYTES / SENDERS)),
      );
      // Held back by the transport, and not by the end of the flood.
      expect(floods.map(({ waiting }) => waiting !== undefined)).toEqual(Array(SENDERS).fill(true));
      // One receive per channel was let in before its pause began.
      expect(bench.collector.bytes).toBeLessThanOrEqual(2 * MiB);
      expect(bench.collector.breaches).toEqual([]);
      bench.collector.resume();
      await Promise.all(floods.map(({ waiting }) => waiting));
      await bench.arrived(floods.reduce((sum, { lines }) => sum + lines.length, 0));
      const arrived = bySender(bench.collector.lines);
      for (const [i, { lines }] of floods.entries()) expectSameLines(arrived.get(`s${i}`) ?? [], lines, `s${i}`);
      expect(bench.unsent).toEqual({ tooLong: 0, refused: 0, broken: 0, inDoubt: 0, unacknowledged: 0 });
      expect(bench.listener.stats().kernelDrops).toBe(0);
    });

    testIf(traits.channel === "peer", "on one channel doesn't stop the others", async () => {
      const bench = await Bench.open(subject);
      const [slow, quick] = [await bench.sender(), await bench.sender()];
      bench.collector.pause();
      await slow.send(Buffer.from('{"from":"slow"}\n'));
      await bench.arrived(1);
      const flooded = flood(slow, "slow", SENT_BYTES_MAX / LINE_BYTES / SENDERS);
      await quick.send(Buffer.from('{"from":"quick"}\n'));
      await bench.collector.until(() => bench.collector.lines.includes('{"from":"quick"}'));
      bench.collector.resume();
      const { lines, waiting } = await flooded;
      await waiting;
      await bench.arrived(2 + lines.length);
    });

    testIf(
      subject.isReadable && traits.channel === "peer",
      "for all channels gets no other channel's input either",
      async () => {
        const bench = await Bench.open(subject, { pausesTogether: true });
        const writes = numbered("a", CROWD, () => CROWD_LINE_BYTES);
        const crowd = writes.slice(1).map(() => subject.openRawSender(bench.endpoint));
        await bench.collector.until(() => bench.collector.channels.length === crowd.length);
        bench.collector.pause();
        for (const [i, sender] of crowd.entries()) sender.write(`${writes[i]}\n`);
        const late = subject.openRawSender(bench.endpoint);
        late.write(`${writes[CROWD - 1]}\n`);
        const more = bench.collector.until(() => bench.collector.bytes > CROWD_LINE_BYTES + 1);
        expect(await settles(more, PATIENCE_MS)).toBe(false);
        bench.collector.resume();
        await bench.arrived(CROWD);
        expect(bench.collector.lines.toSorted()).toEqual(writes.toSorted());
      },
    );

    test("at every input still gets every line", async () => {
      const bench = await Bench.open(subject);
      const sender = await bench.sender();
      const lines = numbered("a", 300, (n) => 50 + (n % 100));
      const pausing = setInterval(() => bench.collector.pause(), 1);
      const resuming = setInterval(() => bench.collector.resume(), 2);
      await bench.send(sender, lines, 10);
      await bench.arrived(lines.length);
      clearInterval(pausing);
      clearInterval(resuming);
      expectSameLines(bench.collector.lines, lines);
    });
  });

  describeIf(traits.overload === "drops", "a receiver that asks for a pause", () => {
    test("lets no sender wait: what doesn't fit is dropped, and every line is accounted for", async () => {
      const bench = await Bench.open(subject, { receiveBufferBytes: 64 * 1024 });
      bench.collector.pause();
      const sender = await bench.sender();
      const lines = numbered("s0", 4000, () => LINE_BYTES);
      for (let at = 0; at < lines.length; at += LINES_PER_SEND) {
        await sender.send(block(lines.slice(at, at + LINES_PER_SEND)));
      }
      bench.collector.resume();
      const accounted = (): number => bench.collector.lineCount + (bench.listener.stats().kernelDrops ?? Number.NaN);
      await bench.collector.until(() => accounted() >= lines.length);
      expect(accounted()).toBe(lines.length);
      expect(bench.listener.stats().kernelDrops).toBeGreaterThan(0);
      const arrived = new Set(bench.collector.lines);
      expectSameLines(
        bench.collector.lines,
        lines.filter((line) => arrived.has(line)),
        "in order, none twice",
      );
    });
  });

  test("a transport that drops nothing says so", async () => {
    const bench = await Bench.open(subject);
    expect(bench.listener.stats().kernelDrops).toBe(0);
  });
}
