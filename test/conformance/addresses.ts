import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type Endpoint, isPathEndpoint } from "../../src/core/endpoint.ts";
import { OperationalError } from "../../src/core/errors.ts";
import { expectOperational, rejectionOf } from "../support/failure.ts";
import { ListenerProcess } from "../support/listener-process.ts";
import type { Subject } from "../support/subject.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { Bench, describeIf } from "./bench.ts";

const STARTERS = 4;

/** An address that is certainly free, with its real port: a listener had it and has left it. */
async function leftEndpoint(subject: Subject): Promise<Endpoint> {
  const bench = await Bench.open(subject);
  await bench.listener.close();
  return bench.endpoint;
}

/** Tries to listen, expects an OperationalError with a remedy, and returns it. */
async function refused(subject: Subject, endpoint: Endpoint): Promise<OperationalError> {
  const error = await rejectionOf(Bench.open(subject, { endpoint }));
  expect(error).toBeInstanceOf(OperationalError);
  if (!(error instanceof OperationalError)) throw error;
  expect(error.message).toMatch(/; .*(pass|make|stop|remove|move)/);
  return error;
}

async function expectDelivery(bench: Bench): Promise<void> {
  const wanted = bench.collector.lineCount + 1;
  const sender = await bench.sender();
  await sender.send(Buffer.from("{}\n"));
  await bench.arrived(wanted);
  await sender.close();
}

/** Who may listen where. */
export function describeAddresses(subject: Subject): void {
  const isPath = subject.addressKind === "path";

  test("an address in use is refused, its owner named, and the owner goes on", async () => {
    const first = await Bench.open(subject);
    const error = expectOperational(await refused(subject, first.endpoint), "ADDRESS_IN_USE");
    expect(error.message).toContain(`pid ${process.pid}`);
    await expectDelivery(first);
  });

  test("an address that was left is free again, many times over", async () => {
    const endpoint = await leftEndpoint(subject);
    for (let round = 0; round < 20; round++) {
      const bench = await Bench.open(subject, { endpoint });
      await expectDelivery(bench);
      await bench.listener.close();
    }
  });

  test("of several that start at once exactly one gets the address", async () => {
    const endpoint = await leftEndpoint(subject);
    const starts = await Promise.allSettled(Array.from({ length: STARTERS }, () => Bench.open(subject, { endpoint })));
    const won = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
    expect(won).toHaveLength(1);
    for (const start of starts) if (start.status === "rejected") expectOperational(start.reason, "ADDRESS_IN_USE");
    for (const bench of won) await expectDelivery(bench);
  });

  describeIf(subject.registered, "with listeners in other processes", () => {
    test("an address in use is refused and its pid named", async () => {
      const endpoint = await leftEndpoint(subject);
      const other = await ListenerProcess.prepare(endpoint);
      expect(await other.listen()).toBe("listening");
      const error = expectOperational(await refused(subject, endpoint), "ADDRESS_IN_USE");
      expect(error.message).toContain(`pid ${other.pid}`);
    });

    test("what a killed listener left behind is taken over", async () => {
      const endpoint = await leftEndpoint(subject);
      const other = await ListenerProcess.prepare(endpoint);
      expect(await other.listen()).toBe("listening");
      // A connection that the kernel still remembers must not stand in the way either.
      subject.openRawSender(endpoint).write("{}\n");
      await other.kill();
      if (isPathEndpoint(endpoint)) expect(lstatSync(endpoint.path, { throwIfNoEntry: false })).toBeDefined();
      const bench = await Bench.open(subject, { endpoint });
      await expectDelivery(bench);
    });

    test("of several that start at once exactly one gets the address", async () => {
      const endpoint = await leftEndpoint(subject);
      const others = await Promise.all(Array.from({ length: STARTERS }, () => ListenerProcess.prepare(endpoint)));
      const outcomes = await Promise.all(others.map((other) => other.listen()));
      expect(outcomes.toSorted()).toEqual([...Array(STARTERS - 1).fill("ADDRESS_IN_USE"), "listening"]);
    });
  });

  describeIf(isPath, "a path", () => {
    const pathIn = (directory: string): { endpoint: Endpoint; path: string } => {
      const endpoint = subject.freshEndpoint(directory);
      return { endpoint, path: isPathEndpoint(endpoint) ? endpoint.path : "" };
    };

    test("that is another kind of file is refused, and the file is left alone", async () => {
      const { endpoint, path } = pathIn(temporaryDirectory());
      writeFileSync(path, "mine");
      const before = lstatSync(path);
      expect((await refused(subject, endpoint)).message).toContain(path);
      expect(readFileSync(path, "utf8")).toBe("mine");
      expect([lstatSync(path).ino, lstatSync(path).mode]).toEqual([before.ino, before.mode]);
    });

    test("that is a directory is refused", async () => {
      const { endpoint, path } = pathIn(temporaryDirectory());
      mkdirSync(path);
      await refused(subject, endpoint);
      expect(lstatSync(path).isDirectory()).toBe(true);
    });

    test("that is a symbolic link is refused: it may lead anywhere", async () => {
      const { endpoint, path } = pathIn(temporaryDirectory());
      symlinkSync(join(dirname(path), "target"), path);
      await refused(subject, endpoint);
      expect(lstatSync(path).isSymbolicLink()).toBe(true);
      expect(lstatSync(join(dirname(path), "target"), { throwIfNoEntry: false })).toBeUndefined();
    });

    test("in a missing directory is refused by that name", async () => {
      const { endpoint, path } = pathIn(temporaryDirectory());
      if (!isPathEndpoint(endpoint)) return;
      const below = { ...endpoint, path: join(dirname(path), "missing", "x") };
      const error = expectOperational(await refused(subject, below), "DIRECTORY_MISSING");
      expect(error.message).toContain(dirname(below.path));
    });

    test("is made for its owner alone", async () => {
      const { endpoint, path } = pathIn(temporaryDirectory());
      const umask = process.umask(0);
      try {
        await Bench.open(subject, { endpoint });
        expect(lstatSync(path).mode & 0o777).toBe(0o600);
        expect(process.umask()).toBe(0);
      } finally {
        process.umask(umask);
      }
    });
  });
}
