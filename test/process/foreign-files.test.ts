import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { AGGREGATOR, diagnostic } from "../support/aggregator-process.ts";
import { FaultProgram } from "../support/fault-program.ts";
import { asUser, NOBODY, needRoot, STRANGER } from "../support/other-user.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** A directory below one that everybody may enter. */
function directoryOf(owner: number, mode: number): string {
  const parent = temporaryDirectory();
  chmodSync(parent, 0o755);
  const path = join(parent, "d");
  mkdirSync(path);
  chmodSync(path, mode);
  chownSync(path, owner, owner);
  return path;
}

/** Puts a FIFO or an output that anybody may use into a directory. */
function put(kind: Kind, directory: string, owner: number): string {
  const path = join(directory, kind);
  if (kind === "fifo") execFileSync("mkfifo", [path]);
  else writeFileSync(path, "");
  chmodSync(path, 0o666);
  chownSync(path, owner, owner);
  return path;
}

type Kind = "fifo" | "output";
const KINDS: readonly Kind[] = ["fifo", "output"];

/** Starts an aggregator as that user, with a FIFO or an output that is there already. */
function start(user: number, kind: Kind, path: string): FaultProgram {
  const own = directoryOf(user, 0o700);
  const args = kind === "fifo" ? [`fifo=${path}`, "-o", join(own, "out")] : [`fifo=${join(own, "fifo")}`, "-o", path];
  const env = { PATH: process.env["PATH"] ?? "" };
  const program = new FaultProgram(asUser(user, process.execPath, AGGREGATOR, ...args), { env, cwd: "/" });
  onTestFinished(() => program[Symbol.asyncDispose]());
  return program;
}

async function refused(program: FaultProgram, owner: number): Promise<void> {
  expect(await program.ended).toEqual({ status: 1, signal: null });
  const { code, msg } = diagnostic(program, "error");
  expect(code).toBe("FOREIGN_FILE");
  expect(msg).toContain(`belongs to uid ${owner}, in a directory that users other than you and root may write to`);
}

/** Expects that it takes a line from the FIFO, and stores it. */
async function works(program: FaultProgram): Promise<void> {
  const { address } = await program.event("listening");
  writeFileSync(String(address), "{}\n");
  program.kill("SIGTERM");
  expect((await program.event("closed"))["stored"]).toBe(1);
}

describe.each(KINDS)("a %s of another user", (kind) => {
  test.for([
    ["others may write, sticky", 0, 0o1777],
    ["others may write", 0, 0o777],
    ["its group may write", 0, 0o775],
    ["is its owner's", STRANGER, 0o755],
    ["is a third user's", 61_235, 0o755],
  ] as const)("is refused in a directory that %s", async ([_, owner, mode], context) => {
    needRoot(context);
    const path = put(kind, directoryOf(owner, mode), STRANGER);
    const before = lstatSync(path);
    await refused(start(NOBODY, kind, path), STRANGER);
    await refused(start(0, kind, path), STRANGER);
    expect(lstatSync(path)).toMatchObject({ ino: before.ino, size: 0, mode: before.mode });
  });

  test.for([
    ["root", 0],
    ["oneself", NOBODY],
  ] as const)("is used in a directory that only %s may write", async ([_, owner], context) => {
    needRoot(context);
    const path = put(kind, directoryOf(owner, 0o755), STRANGER);
    await works(start(NOBODY, kind, path));
    expect(existsSync(path)).toBe(true);
  });

  test("is refused behind a link from a protected place to an open one", async (context) => {
    needRoot(context);
    const open = directoryOf(0, 0o1777);
    put(kind, open, STRANGER);
    const link = join(directoryOf(0, 0o755), "link");
    symlinkSync(open, link);
    await refused(start(NOBODY, kind, join(link, kind)), STRANGER);
  });
});

test("a stale socket of another user, which can't be removed, is an error with a remedy", async (context) => {
  needRoot(context);
  const path = join(directoryOf(0, 0o1777), "s");
  // Bound as a killed program leaves it, and open to all.
  const bind = "import os, socket, sys; os.umask(0); socket.socket(socket.AF_UNIX).bind(sys.argv[1])";
  const [program, ...args] = asUser(STRANGER, "/usr/bin/python3", "-c", bind, path);
  execFileSync(program, args);
  const own = directoryOf(NOBODY, 0o700);
  const command = asUser(NOBODY, process.execPath, AGGREGATOR, `unixsock=${path}`, "-o", join(own, "out"));
  const aggregator = new FaultProgram(command, { env: {}, cwd: "/" });
  onTestFinished(() => aggregator[Symbol.asyncDispose]());
  expect(await aggregator.ended).toEqual({ status: 1, signal: null });
  const { code, msg } = diagnostic(aggregator, "error");
  expect(code).toBe("PERMISSION_DENIED");
  expect(msg).toBe(`${path} is left over and can't be removed (EPERM); remove it or pass another address`);
});

describe.each(KINDS)("a %s", (kind) => {
  test.for([
    ["root's", 0],
    ["one's own", NOBODY],
  ] as const)("that is %s is used where everybody may write", async ([_, owner], context) => {
    needRoot(context);
    const path = put(kind, directoryOf(0, 0o1777), owner);
    await works(start(NOBODY, kind, path));
    if (kind === "output") expect(readFileSync(path, "utf8")).toBe("{}\n");
  });
});
