// A listener in a process of its own: node test/built/listener-program.mjs <endpoint as JSON>
// Says "ready", waits for a line on stdin, listens, says "listening" or the error's code, and stays until it is killed.
import { once } from "node:events";
import type { Endpoint } from "../../src/core/endpoint.ts";
import { OperationalError } from "../../src/core/errors.ts";
import { transportOf } from "../../src/transports/registry.ts";

const endpoint: Endpoint = JSON.parse(process.argv[2] ?? "");

const listener = transportOf(endpoint).createListener(endpoint, {
  accept: () => ({ receive: () => undefined, receiveBatch: () => undefined, end() {} }),
  connectionsMax: 100,
  receiveBufferBytes: 65_536,
  messageBytesMax: 65_536,
  fail(error) {
    throw error;
  },
});
process.stdout.write("ready\n");
await once(process.stdin, "data");
try {
  await listener.listen();
  process.stdout.write("listening\n");
} catch (error) {
  if (!(error instanceof OperationalError)) throw error;
  process.stdout.write(`${error.code}\n`);
}
