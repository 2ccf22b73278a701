import { expect, test } from "vitest";
import { type SocketOptions, socketAccess } from "../../src/aggregator/socket-access.ts";
import type { TransportName } from "../../src/core/transport-name.ts";
import { expectOperational, thrownBy } from "../support/failure.ts";

test("names and numbers; the mode lets a named group send", () => {
  expect(socketAccess({ owner: "root", group: "root" }, ["unixsock"])).toEqual({ mode: 0o660, uid: 0, gid: 0 });
  expect(socketAccess({ group: 61_234 }, ["tcp", "fifo"])).toEqual({ mode: 0o660, uid: undefined, gid: 61_234 });
  expect(socketAccess({ owner: "7" }, ["unixgram"])).toEqual({ mode: 0o600, uid: 7, gid: undefined });
  expect(socketAccess({ mode: 0o666, group: 0 }, ["fifo"])).toEqual({ mode: 0o666, uid: undefined, gid: 0 });
  expect(socketAccess({}, ["tcp"])).toBeUndefined();
});

test.each<[SocketOptions, TransportName, string]>([
  [{ mode: 0o660 }, "tcp", "a socket's mode, owner and group need unixsock, unixgram or fifo; add one"],
  [{ group: "root" }, "udp", "a socket's mode, owner and group need unixsock, unixgram or fifo; add one"],
  [{ group: "nosuch" }, "fifo", '"nosuch" is not a group in /etc/group; pass another, or a number'],
  [{ owner: "4294967295" }, "unixsock", '"4294967295" is not a user in /etc/passwd; pass another, or a number'],
  [{ owner: "" }, "unixsock", '"" is not a user in /etc/passwd; pass another, or a number'],
  [{ mode: 0o066 }, "unixgram", "a socket's mode is 0066; pass one that lets its owner read and write, such as 0660"],
  [{ mode: 0o4660 }, "unixgram", "a socket's mode is 4660; pass one that lets its owner read and write, such as 0660"],
])("%j on %s is a usage error", (options, transport, message) => {
  expect(
    expectOperational(
      thrownBy(() => socketAccess(options, [transport])),
      "USAGE",
    ).message,
  ).toContain(message);
});
