import { lstatSync, renameSync, writeFileSync } from "node:fs";
import { setImmediate as nextIteration } from "node:timers/promises";
import { expect, test } from "vitest";
import { isPathEndpoint } from "../../src/core/endpoint.ts";
import { rejectionOf } from "../support/failure.ts";
import { leftOver, openResources } from "../support/resources.ts";
import type { Subject } from "../support/subject.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { Bench, block, bySender, expectSameLines, heldClockMs, numbered, testIf } from "./bench.ts";

const SENDERS = 50;
const CLOSE_MS_MAX = 1500;

/** What close() promises. */
export function describeShutdown(subject: Subject): void {
  const { traits } = subject.transport;

  testIf(
    subject.isReadable,
    "close() delivers what the kernel had accepted before, from senders not yet accepted too",
    async () => {
      const bench = await Bench.open(subject);
      // Within one iteration of the event loop: the listener learns of all this in close().
      const count = traits.channel === "peer" ? SENDERS : 5;
      for (let i = 0; i < count; i++)
        subject.openRawSender(bench.endpoint).write(`{"from":"s${i}"}\n{"from":"s${i}"}\n`);
      await bench.listener.close();
      expect(bench.collector.lines.toSorted()).toEqual(
        Array.from({ length: 2 * count }, (_, i) => `{"from":"s${i >> 1}"}`).toSorted(),
      );
    },
  );

  testIf(traits.overload === "blocks", "close() in a flood delivers all that was sent before it", async () => {
    const bench = await Bench.open(subject);
    const senders = await Promise.all([0, 1, 2].map(() => bench.sender()));
    const lines = senders.map((_, i) => numbered(`s${i}`, 400, () => 500));
    await Promise.all(senders.map((sender, i) => sender.send(block(lines[i] ?? []))));
    await bench.listener.close();
    const arrived = bySender(bench.collector.lines);
    for (const [i, wanted] of lines.entries()) expectSameLines(arrived.get(`s${i}`) ?? [], wanted, `s${i}`);
  });

  test("close() ends while senders go on sending", async () => {
    const bench = await Bench.open(subject);
    const sender = await bench.sender();
    const lines = block(numbered("a", 20, () => 500));
    let flooding = true;
    const flood = (async () => {
      while (flooding) {
        await Promise.race([sender.send(lines)?.catch(() => {}), nextIteration()]);
        await nextIteration();
      }
    })();
    await bench.arrived(100);
    const closed = heldClockMs(() => bench.listener.close().finally(() => (flooding = false)));
    expect(await closed).toBeLessThanOrEqual(CLOSE_MS_MAX);
    await flood;
  });

  test("close() does not wait for a receiver that pauses for ever", async () => {
    const bench = await Bench.open(subject);
    const sender = await bench.sender();
    bench.collector.pause();
    await sender.send(Buffer.from("{}\n"));
    await bench.arrived(1);
    expect(await heldClockMs(() => bench.listener.close())).toBeLessThanOrEqual(CLOSE_MS_MAX);
  });

  testIf(subject.isReadable, "close() completes an unfinished line, once", async () => {
    const bench = await Bench.open(subject);
    subject.openRawSender(bench.endpoint).write("unfinished");
    await bench.listener.close();
    await bench.listener.close();
    expect(bench.collector.lines).toEqual(["unfinished"]);
  });

  test("close() can be called twice, at once and again, and before listen()", async () => {
    const bench = await Bench.open(subject);
    await Promise.all([bench.listener.close(), bench.listener.close(), bench.listener[Symbol.asyncDispose]()]);
    await bench.listener.close();
    const never = new Bench(subject, bench.endpoint);
    await never.listener.close();
    await never.listener.close();
  });

  test("after close() nothing is left: no path, no descriptor, no handle, no timer", async () => {
    const before = openResources();
    for (let round = 0; round < 3; round++) {
      const bench = await Bench.open(subject);
      const sender = await bench.sender();
      await sender.send(Buffer.from("{}\n"));
      const raw = subject.openRawSender(bench.endpoint);
      raw.write("unfinished");
      await bench.arrived(1);
      await bench.listener.close();
      await sender.close();
      raw.close();
      if (isPathEndpoint(bench.endpoint))
        expect(lstatSync(bench.endpoint.path, { throwIfNoEntry: false })).toBeUndefined();
    }
    expect(await leftOver(before)).toEqual([]);
  });

  test("after close() while listen() is under way nothing is left either", async () => {
    const before = openResources();
    const endpoint = subject.freshEndpoint(temporaryDirectory());
    const { listener } = new Bench(subject, endpoint);
    const listening = listener.listen();
    await listener.close();
    await listening;
    if (isPathEndpoint(endpoint)) expect(lstatSync(endpoint.path, { throwIfNoEntry: false })).toBeUndefined();
    expect(await leftOver(before)).toEqual([]);
  });

  test("after a refused listen() nothing is left either", async () => {
    const bench = await Bench.open(subject);
    const before = openResources();
    for (let round = 0; round < 3; round++) {
      const second = new Bench(subject, bench.endpoint);
      await rejectionOf(second.listener.listen());
      await second.listener.close();
    }
    expect(await leftOver(before)).toEqual([]);
  });

  test("after close() nobody listens: a sender gets an error, or its lines are lost", async () => {
    const bench = await Bench.open(subject);
    await bench.listener.close();
    const lines = bench.collector.lineCount;
    await bench.sender().then(
      (sender) => sender.send(Buffer.from("{}\n")),
      (error: unknown) => expect(error).toMatchObject({ code: "LISTENER_UNREACHABLE" }),
    );
    expect(bench.collector.lineCount).toBe(lines);
  });

  testIf(subject.addressKind === "path", "close() leaves alone what has taken its path's place", async () => {
    const bench = await Bench.open(subject);
    if (!isPathEndpoint(bench.endpoint)) return;
    const { path } = bench.endpoint;
    renameSync(path, `${path}.moved`);
    writeFileSync(path, "theirs");
    await bench.listener.close();
    expect(lstatSync(path).isFile()).toBe(true);
  });

  testIf(
    subject.isReadable && traits.channel === "peer",
    "a thousand senders come and go, and none is left",
    async () => {
      const bench = await Bench.open(subject);
      await (await bench.sender()).close();
      const before = openResources();
      for (let i = 1; i <= 1000; i++) {
        const raw = subject.openRawSender(bench.endpoint);
        raw.write(i % 2 === 0 ? "{}\n" : "{}");
        raw.close();
        await bench.arrived(i);
      }
      await bench.collector.until(() => bench.collector.channels.every(({ ends }) => ends === 1));
      expect(bench.listener.stats()).toMatchObject({ senders: 0, accepted: 1001, refused: 0 });
      expect(await leftOver(before)).toEqual([]);
    },
  );

  testIf(
    subject.isReadable && traits.channel === "peer",
    "a sender beyond the limit is refused and counted, and another is accepted later",
    async () => {
      const bench = await Bench.open(subject, { connectionsMax: 2 });
      const [first] = [subject.openRawSender(bench.endpoint), subject.openRawSender(bench.endpoint)];
      await bench.collector.until(() => bench.collector.channels.length === 2);
      subject.openRawSender(bench.endpoint);
      while (bench.listener.stats().refused < 1) await nextIteration();
      expect(bench.listener.stats()).toMatchObject({ senders: 2, accepted: 2, refused: 1 });
      first?.close();
      while (bench.listener.stats().senders === 2) await nextIteration();
      subject.openRawSender(bench.endpoint).write("{}\n");
      await bench.arrived(1);
    },
  );
}
