// A sender in a process of its own that writes until the kernel refuses, whatever else happens:
// node test/built/writer-program.mjs <endpoint as JSON> <boundary> <writes per nap>
// Prints {"writing":true} when the kernel has accepted the first writes, and at the end {"bytes":N,"errno":"…"}: how
// many bytes it has accepted.
import { writeSync } from "node:fs";
import type { Endpoint } from "../../src/core/endpoint.ts";
import { errnoName, write } from "../../src/os/libc.ts";
import { ThreadSleep } from "../../src/os/thread-sleep.ts";
import { openDescriptor } from "./raw-descriptor.ts";

const FIRST_WRITES = 50;
const STDOUT = 1;

const [json = "", boundary = "stream", perNap = "0"] = process.argv.slice(2);
const endpoint: Endpoint = JSON.parse(json);
const fd = openDescriptor(endpoint, boundary === "stream" ? "stream" : "message");
const lines = Buffer.from(`${"x".repeat(199)}\n`.repeat(5));
const nap = new ThreadSleep();
let taken = 0;
for (let writes = 1; ; writes++) {
  const bytes = write(fd, lines, lines.length);
  if (bytes > 0) taken += bytes;
  else if (errnoName() !== "EAGAIN") break;
  else nap.for(0.1);
  if (writes % Number(perNap) === 0) nap.for(1);
  if (writes === FIRST_WRITES) say({ writing: true });
}
say({ bytes: taken, errno: errnoName() });

function say(line: object): void {
  writeSync(STDOUT, `${JSON.stringify(line)}\n`);
}
