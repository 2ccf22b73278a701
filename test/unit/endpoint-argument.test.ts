import { describe, expect, test } from "vitest";
import { parseEndpoint } from "../../src/addresses/endpoint-argument.ts";
import type { Endpoint } from "../../src/core/endpoint.ts";
import { OperationalError } from "../../src/core/errors.ts";
import { hasPath, type NamesOf, TRANSPORT_NAMES, type TransportName } from "../../src/core/transport-name.ts";
import { pathRulesOf } from "../../src/transports/registry.ts";

const defaultAddress = (transport: TransportName): Endpoint =>
  hasPath(transport) ? { transport, path: `/default/${transport}` } : { transport, host: "default", port: 1 };

const parse = (argument: string): Endpoint => parseEndpoint(argument, pathRulesOf, defaultAddress);

function failure(argument: string): OperationalError {
  try {
    parse(argument);
  } catch (error) {
    if (error instanceof OperationalError) return error;
    throw error;
  }
  throw new Error(`${argument} was accepted`);
}

test.each(TRANSPORT_NAMES)("%s alone has the default address", (transport) => {
  expect(parse(transport)).toEqual(defaultAddress(transport));
});

test.each([
  ["unixsock=/tmp/log.sock", { transport: "unixsock", path: "/tmp/log.sock" }],
  ["unixgram=./log.sock", { transport: "unixgram", path: "./log.sock" }],
  ["unixsock=/tmp/a=b.sock", { transport: "unixsock", path: "/tmp/a=b.sock" }],
  ["fifo=/tmp/log_fifo", { transport: "fifo", path: "/tmp/log_fifo" }],
  ["tcp=127.0.0.1:9000", { transport: "tcp", host: "127.0.0.1", port: 9000 }],
  ["tcp=:0", { transport: "tcp", host: "127.0.0.1", port: 0 }],
  ["tcp=9000", { transport: "tcp", host: "127.0.0.1", port: 9000 }],
  ["tcp=localhost:9000", { transport: "tcp", host: "localhost", port: 9000 }],
  ["tcp=log-1.example.org:65535", { transport: "tcp", host: "log-1.example.org", port: 65_535 }],
  ["udp=[::1]:9000", { transport: "udp", host: "::1", port: 9000 }],
  ["udp=0.0.0.0:514", { transport: "udp", host: "0.0.0.0", port: 514 }],
])("%s", (argument, endpoint) => {
  expect(parse(argument)).toEqual(endpoint);
});

describe("a mistyped transport names the nearest one", () => {
  test.each([
    ["unixsok", "unixsock"],
    ["unix", "unixsock"],
    ["unixdgram", "unixgram"],
    ["TCP", "tcp"],
    ["tpc", "tcp"],
    ["upd=:9000", "udp"],
    ["fif", "fifo"],
    ["ffio=/tmp/f", "fifo"],
  ])("%s: %s", (argument, nearest) => {
    expect(failure(argument)).toMatchObject({ code: "USAGE" });
    expect(failure(argument).message).toContain(`did you mean ${nearest}?`);
  });
});

test("a colon for the equals sign is set right", () => {
  expect(failure("unixsock:/tmp/log.sock").message).toContain("write unixsock=/tmp/log.sock");
  expect(failure("tcp:127.0.0.1:9000").message).toContain("write tcp=127.0.0.1:9000");
});

describe("an address that can't be used is refused, with what to write", () => {
  test.each([
    ["tcp=/tmp/x", "write tcp=127.0.0.1:9000"],
    ["udp=./x", "write udp=127.0.0.1:9000"],
    ["tcp=127.0.0.1:70000", "is not a port; use a number from 0 to 65535"],
    ["tcp=70000", "is not a port"],
    ["tcp=localhost:http", "is not a port"],
    ["tcp=localhost:", "is not a port"],
    ["tcp=localhost", "names no port; write tcp=localhost:9000"],
    ["tcp=", "names no port; write tcp=127.0.0.1:9000"],
    ["udp=::1", "names no port; write udp=[::1]:9000"],
    ["tcp=fe80::1:2:70:9000x", "is not a port"],
    ["tcp=zz::1:9000", "put an IPv6 address in brackets"],
    ["udp=[::g]:9000", "is not an IPv6 address"],
    ["udp=[fe80::1%eth0]:9000", "without a zone"],
    ["tcp=300.1.1.1:9000", "is not a host name or IP address"],
    ["tcp=*:9000", "0.0.0.0 is every interface"],
    ["tcp=a host:9000", "is not a host name or IP address"],
    ["unixsock=", "names no path"],
    ["fifo=", "names no path"],
    ["fifo=/tmp/a\0b", "has a NUL character, which no path has"],
    ["unixsock=@log", "abstract name"],
    ["unixgram=/tmp/", "ends in a slash"],
    ["unixsock=127.0.0.1:9000", "write tcp=127.0.0.1:9000"],
    ["fifo=:9000", "write tcp=:9000"],
  ])("%s: %s", (argument, remedy) => {
    expect(failure(argument)).toMatchObject({ code: "ADDRESS_INVALID" });
    expect(failure(argument).message).toContain(remedy);
  });
});

describe("a path's length in bytes", () => {
  const longest = (transport: string, bytes: number): string => `${transport}=/${"é".repeat((bytes - 1) / 2)}`;

  test.each([
    ["unixsock", 107],
    ["unixgram", 107],
    ["fifo", 4095],
  ])("%s takes %d", (transport, bytes) => {
    expect(parse(longest(transport, bytes))).toMatchObject({ transport });
    expect(failure(`${longest(transport, bytes)}x`)).toMatchObject({ code: "PATH_TOO_LONG" });
    expect(failure(`${longest(transport, bytes)}x`).message).toContain(`is ${bytes + 1} bytes long`);
  });
});

test("a default address is held to the same length", () => {
  const path = `/${"x".repeat(107)}`;
  const parseDefault = (transport: NamesOf<"path">) =>
    parseEndpoint(transport, pathRulesOf, () => ({ transport, path }));
  expect(() => parseDefault("unixsock")).toThrow("is 108 bytes long");
  expect(parseDefault("fifo")).toEqual({ transport: "fifo", path });
});
