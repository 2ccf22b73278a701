import { execFileSync } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { inheritedEndpoints, matchInherited } from "../../src/aggregator/inherited-endpoints.ts";
import { takeInheritance } from "../../src/cli/aggregator/inherited.ts";
import { TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from "../../src/os/constants.ts";
import { bind, close, socket } from "../../src/os/libc.ts";
import { abstractAddress } from "../../src/os/socket-address.ts";
import { expectOperational, thrownBy } from "../support/failure.ts";
import { PassedSockets, unixSocket } from "../support/passed-sockets.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** From socket(2); no transport uses it. */
const SOCK_SEQPACKET = 5;

/** A descriptor that nobody has. */
const CLOSED = 999_999;

let directory = "";
beforeEach(() => {
  directory = temporaryDirectory();
});

test("the kind and address of a descriptor say which endpoint it is", () => {
  using sockets = new PassedSockets(directory);
  const found = inheritedEndpoints(sockets.descriptors.map((fd) => ({ fd })));
  expect([...found.keys()].map(({ transport }) => transport)).toEqual(TRANSPORT_NAMES);
  const port = Number(sockets.all.get("udp")?.address.split(":")[1]);
  expect([...found.keys()][3]).toEqual({ transport: "udp", host: "127.0.0.1", port });
  expect([...found.keys()][4]).toEqual({ transport: "fifo", path: join(directory, "fifo") });
});

test.each<[string, string, () => number]>([
  ["a stream socket that doesn't listen", "doesn't listen", () => unixSocket(SOCK_STREAM, join(directory, "s")).fd],
  ["a socket that isn't bound", "without a path", () => socket(AF_UNIX, SOCK_DGRAM, 0)],
  ["a socket with an abstract name", "without a path", abstractSocket],
  ["a sequential packet socket", "which no transport uses", () => unixSocket(SOCK_SEQPACKET, join(directory, "s")).fd],
  ["a file", "neither a socket nor a FIFO", () => openSync(join(directory, "file"), "w")],
  ["a FIFO for writing", "for writing only", writeOnlyFifo],
  ["a descriptor that isn't open", "isn't open", () => CLOSED],
])("%s is refused", (_, fact, open) => {
  const fd = open();
  if (fd !== CLOSED) onTestFinished(() => void close(fd));
  const refused = thrownBy(() => inheritedEndpoints([{ fd, name: "app" }]));
  expect(expectOperational(refused, "DESCRIPTOR_UNUSABLE").message).toMatch(
    new RegExp(`^descriptor ${fd} \\(app\\) i`),
  );
  expect(String(refused)).toContain(fact);
});

function abstractSocket(): number {
  const fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  const address = abstractAddress(`log-aggregator-unit-${process.pid}`);
  bind(fd, address, address.length);
  return fd;
}

function writeOnlyFifo(): number {
  const path = join(directory, "fifo");
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, "r+");
  onTestFinished(() => void close(reader));
  return openSync(path, "w");
}

test("a socket is found by an equivalent path, and refused where no endpoint has its transport and address", () => {
  using sockets = new PassedSockets(directory, ["unixsock"]);
  const inherited = inheritedEndpoints(sockets.descriptors.map((fd) => ({ fd })));
  const path = join(directory, "unixsock");
  const named = { transport: "unixsock", path: `${directory}/./unixsock` } as const;
  expect([...matchInherited([named], inherited)]).toEqual([[named, sockets.descriptors[0]]]);
  const refused = thrownBy(() => matchInherited([{ transport: "unixgram", path }], inherited));
  expect(expectOperational(refused, "DESCRIPTOR_UNUSABLE").message).toContain(`name unixsock=${path} too`);
});

test("a socket that was passed twice is refused", () => {
  using sockets = new PassedSockets(directory, ["unixgram"]);
  const [fd = -1] = sockets.descriptors;
  const inherited = inheritedEndpoints([{ fd }, { fd }]);
  const refused = thrownBy(() => matchInherited([...inherited.keys()], inherited));
  expect(expectOperational(refused, "DESCRIPTOR_UNUSABLE").message).toContain("once more");
});

test("LISTEN_FDS counts descriptors from 3 on, and no program that is started later gets the variables", () => {
  const environment = { LISTEN_PID: String(process.pid), LISTEN_FDS: "3", LISTEN_FDNAMES: "app::pipe", PATH: "/bin" };
  expect(takeInheritance(environment)).toEqual({
    descriptors: [{ fd: 3, name: "app" }, { fd: 4 }, { fd: 5, name: "pipe" }],
  });
  expect(environment).toEqual({ PATH: "/bin" });
});

test("variables that are missing, or are about another process, name no descriptor", () => {
  expect(takeInheritance({ LISTEN_FDS: "3" })).toEqual({ descriptors: [] });
  const { descriptors, warning } = takeInheritance({ LISTEN_PID: "1", LISTEN_FDS: "3" });
  expect([descriptors, warning]).toEqual([[], expect.stringMatching(/^LISTEN_PID is 1 and this process is \d+/)]);
});

test.each(["three", "-1", "", "1.5"])("LISTEN_FDS=%s is refused", (count) => {
  const refused = thrownBy(() => takeInheritance({ LISTEN_PID: String(process.pid), LISTEN_FDS: count }));
  expectOperational(refused, "DESCRIPTOR_UNUSABLE");
});
