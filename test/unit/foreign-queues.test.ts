import { once } from "node:events";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ForeignQueues } from "../../src/os/foreign-queues.ts";
import { makeFifo } from "../../src/os/pipe.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** The queues that match in this very process. */
function queues(isQueue: (name: string) => boolean): ForeignQueues {
  const found = new ForeignQueues(process.pid, isQueue);
  onTestFinished(() => found.close());
  return found;
}

test("bytes in a FIFO count once, however often it is open", () => {
  const path = join(temporaryDirectory(), "fifo");
  makeFifo(path);
  const fds = [1, 2].map(() => openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
  onTestFinished(() => {
    for (const fd of fds) closeSync(fd);
  });
  writeSync(fds[0] ?? -1, Buffer.alloc(1009));
  expect(queues((name) => name === path).bytes("unread")).toBe(1009);
});

test("a FIFO that its process opened anew is found again", () => {
  const path = join(temporaryDirectory(), "fifo");
  makeFifo(path);
  const open = (): number => openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const [first, keeper] = [open(), open()];
  const found = queues((name) => name === path);
  closeSync(first);
  writeSync(keeper, Buffer.alloc(1009));
  found.bytes("unread");
  expect(found.bytes("unread")).toBe(1009);
  closeSync(keeper);
  found.bytes("unread");
  expect(found.bytes("unread")).toBeUndefined();
});

test("bytes that a Unix socket has not read are seen by its process, and charged to its sender", async () => {
  const path = join(temporaryDirectory(), "socket");
  const server = createServer({ pauseOnConnect: true }).listen(path);
  await once(server, "listening");
  // vitest has sockets of its own.
  const before = new Set<string>();
  queues((name) => before.add(name) && false);
  const isNew = (name: string): boolean => name.startsWith("socket:") && !before.has(name);
  const accepted = once(server, "connection");
  const client = connect(path);
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  const [socket]: Socket[] = await accepted;
  await new Promise((resolve) => client.write(Buffer.alloc(5003), resolve));
  const now = queues(isNew);
  expect(now.bytes("unread")).toBe(5003);
  expect(now.bytes("unreceived")).toBeGreaterThanOrEqual(5003);
  socket?.destroy();
});

test("a process that is not there is no empty queue", () => {
  expect(() => new ForeignQueues(2 ** 22 + 1, () => true)).toThrow(/pidfd_open: (ESRCH|EINVAL)/);
});
