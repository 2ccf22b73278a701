import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { QueueWatch } from "../../src/lab/collectors/queue-watch.ts";

test("what an aggregator has not read from tcp is its queue", async () => {
  const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, "connection");
  const client = connect(port, "127.0.0.1");
  const [socket] = await accepted;
  onTestFinished(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  await new Promise((resolve) => client.write(Buffer.alloc(5003), resolve));
  const watch = new QueueWatch({ transport: "tcp" });
  watch.begin({ senders: [], aggregator: process.pid, address: `tcp=127.0.0.1:${port}` });
  watch.end();
  // vitest's own sockets count, too.
  expect(watch.bytesMax.value).toBeGreaterThanOrEqual(5003);
});

test("a queue that can't be seen is blank, and says why", () => {
  const watch = new QueueWatch({ transport: "unixsock" });
  watch.begin({ senders: [], aggregator: 2 ** 22 + 1, address: "unixsock=/nowhere" });
  watch.end();
  expect(watch.bytesMax).toMatchObject({ value: null, why: expect.stringContaining("pidfd_open") });
});
