import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  defaultDirectory,
  existingDefaultAddress,
  preparedDefaultAddress,
} from "../../src/addresses/default-address.ts";
import type { OwnDirectory } from "../../src/core/endpoint.ts";
import type { TransportName } from "../../src/core/transport-name.ts";
import { pathRulesOf } from "../../src/transports/registry.ts";

const existing = (name: TransportName, from: OwnDirectory) => existingDefaultAddress(name, from, pathRulesOf);
const prepared = (name: TransportName, from: OwnDirectory) => preparedDefaultAddress(name, from, pathRulesOf);

let parent = "";
let directory: OwnDirectory;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "default-address-"));
  directory = { path: join(parent, "own"), forbiddenMode: 0o077 };
});

afterEach(() => {
  rmSync(parent, { recursive: true });
});

test("$XDG_RUNTIME_DIR is used where it is a directory of the user's own", () => {
  const uid = lstatSync(parent).uid;
  expect(defaultDirectory({ XDG_RUNTIME_DIR: parent }, uid).path).toBe(`${parent}/log-aggregator`);
  expect(defaultDirectory({ XDG_RUNTIME_DIR: `${parent}/` }, uid).path).toBe(`${parent}/log-aggregator`);
  expect(defaultDirectory({ XDG_RUNTIME_DIR: parent }, uid + 1).path).toBe(`/tmp/log-aggregator-${uid + 1}`);
});

test.each([{}, { XDG_RUNTIME_DIR: "" }, { XDG_RUNTIME_DIR: "relative" }, { XDG_RUNTIME_DIR: "/nowhere/at/all" }])(
  "without it (%j): /run for root, a directory of one's own for others",
  (environment) => {
    expect(defaultDirectory(environment, 0).path).toBe("/run/log-aggregator");
    expect(defaultDirectory(environment, 1000)).toEqual({ path: "/tmp/log-aggregator-1000", forbiddenMode: 0o077 });
  },
);

test("each transport has its own address, and tcp and udp need no directory", () => {
  const address = (name: "unixsock" | "unixgram" | "fifo") => existing(name, directory);
  const within = directory;
  expect(address("unixsock")).toEqual({ transport: "unixsock", path: `${directory.path}/unixsock.sock`, within });
  expect(address("unixgram")).toEqual({ transport: "unixgram", path: `${directory.path}/unixgram.sock`, within });
  expect(address("fifo")).toEqual({ transport: "fifo", path: `${directory.path}/fifo`, within });
  const tcp = { transport: "tcp", host: "127.0.0.1", port: 9000 };
  expect(prepared("tcp", directory)).toEqual(tcp);
  expect(lstatSync(directory.path, { throwIfNoEntry: false })).toBeUndefined();
});

test("the aggregator makes the directory for its user alone, the producer makes none", () => {
  existing("fifo", directory);
  expect(lstatSync(directory.path, { throwIfNoEntry: false })).toBeUndefined();
  prepared("fifo", directory);
  prepared("fifo", directory);
  expect(lstatSync(directory.path).mode & 0o7777).toBe(0o700);
});

test("a directory open to others is refused by both ends", () => {
  mkdirSync(directory.path);
  chmodSync(directory.path, 0o755);
  expect(() => existing("fifo", directory)).toThrow(`(mode 0755); run chmod 0700 ${directory.path}`);
  expect(() => prepared("fifo", directory)).toThrow("open to others");
  const runtime = { ...directory, forbiddenMode: 0o022 };
  expect(existing("fifo", runtime)).toMatchObject({ transport: "fifo" });
});

test("what is not a directory of one's own is refused: a link, a file, another user's", () => {
  symlinkSync(parent, directory.path);
  expect(() => prepared("fifo", directory)).toThrow(`${directory.path} is not a directory`);
  rmSync(directory.path);
  writeFileSync(directory.path, "");
  expect(() => prepared("fifo", directory)).toThrow("is not a directory");
  rmSync(directory.path);
  expect(() => existing("fifo", foreignDirectory())).toThrow(/belongs to uid \d+, not to you/);
});

test("a directory that can't be created says why", () => {
  const nowhere = { path: join(parent, "missing", "own"), forbiddenMode: 0o077 };
  expect(() => prepared("fifo", nowhere)).toThrow("can't be created (ENOENT)");
});

/** Root's for a user; for root, which owns everything, one given away. */
function foreignDirectory(): OwnDirectory {
  if (process.geteuid?.() !== 0) return { path: "/proc/1", forbiddenMode: 0o077 };
  mkdirSync(directory.path);
  chownSync(directory.path, 1, 1);
  return directory;
}
