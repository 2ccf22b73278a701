import { expect, test } from "vitest";
import { TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { aggregatorAt, LOG, loggingProgram, stored, upTo } from "../support/logging-program.ts";

test.each(TRANSPORT_NAMES)("over %s, the lines of a program that just ends arrive, in order", async (name) => {
  const scene = await aggregatorAt(name);
  const program = loggingProgram(`${LOG} log(100); setImmediate(() => log(100));`, scene.to);
  expect([await program.ended, program.stderr]).toEqual([0, ""]);
  expect(await stored(scene)).toEqual([...upTo(100), ...upTo(100)]);
});

test("an option or address that can't be used is an error at once", async () => {
  const code = `
    for (const options of [undefined, {}, { to: "unix" }, { to: "udp", ack: true }, { to: "tcp", ack: {} },
      { to: "tcp", queueBytesMax: 0 }, { to: "tcp", tls: {} }]) {
      try { destination(options); } catch ({ name, code, message }) { print({ name, code, message }); }
    }`;
  const program = loggingProgram(code, "");
  expect(await program.ended).toBe(0);
  expect(program.lines.map(({ message }) => message)).toEqual([
    "options is undefined; pass an object with to",
    "to is undefined; pass transport[=address] or an endpoint",
    '"unix" is not a transport; did you mean unixsock? There are unixsock, tcp, unixgram, udp, fifo',
    "udp can't carry acknowledgements; use unixsock or tcp",
    "ack is an object; pass true, or an object with an id of 1 to 128 bytes",
    "queueBytesMax is 0; pass a number of bytes above 0",
    'TLS needs the target "log-aggregator/pino", which runs in a worker',
  ]);
});
