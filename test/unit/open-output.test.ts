import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openOutput } from "../../src/sink/open-output.ts";
import type { OutputFile } from "../../src/sink/output-file.ts";
import type { Repair } from "../../src/sink/repair.ts";
import { expectOperational, thrownBy } from "../support/failure.ts";
import { asUser, NOBODY, needRoot } from "../support/other-user.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

function open(path: string, mode = 0o600, repaired: (repair: Repair) => void = () => {}): OutputFile {
  const output = openOutput(path, { mode, repaired });
  onTestFinished(() => output.close());
  return output;
}

const openDescriptors = (): number => readdirSync("/proc/self/fd").length;

test("a new file has the mode that was asked for", () => {
  const directory = temporaryDirectory();
  open(join(directory, "private"), 0o600);
  open(join(directory, "shared"), 0o640);
  expect(statSync(join(directory, "private")).mode & 0o777).toBe(0o600);
  expect(statSync(join(directory, "shared")).mode & 0o777).toBe(0o640);
});

test("a new file has it whatever the umask says", () => {
  const path = join(temporaryDirectory(), "shared");
  const before = process.umask(0o077);
  try {
    open(path, 0o664);
  } finally {
    process.umask(before);
  }
  expect(statSync(path).mode & 0o777).toBe(0o664);
});

test("a file that is there is appended to, and keeps its mode", () => {
  const path = join(temporaryDirectory(), "out");
  writeFileSync(path, "before\n", { mode: 0o644 });
  writeSync(open(path).fd, "after\n");
  expect(readFileSync(path, "utf8")).toBe("before\nafter\n");
  expect(statSync(path).mode & 0o777).toBe(0o644);
});

describe("what is not a regular file is refused and left alone", () => {
  const refuse = (path: string): void => {
    const descriptors = openDescriptors();
    const error = expectOperational(
      thrownBy(() => open(path)),
      "OUTPUT_NOT_A_FILE",
    );
    expect(error.message).toContain(path);
    expect(openDescriptors()).toBe(descriptors);
  };

  test("a symbolic link, even to a regular file", () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "target"), "mine\n");
    symlinkSync(join(directory, "target"), join(directory, "link"));
    refuse(join(directory, "link"));
    expect(readFileSync(join(directory, "target"), "utf8")).toBe("mine\n");
  });

  test("a symbolic link to nothing, whose target is not made", () => {
    const directory = temporaryDirectory();
    symlinkSync(join(directory, "target"), join(directory, "link"));
    refuse(join(directory, "link"));
    expect(existsSync(join(directory, "target"))).toBe(false);
  });

  test("a directory", () => {
    const path = join(temporaryDirectory(), "directory");
    mkdirSync(path);
    refuse(path);
  });

  test("a FIFO, without waiting for its reader", () => {
    const path = join(temporaryDirectory(), "fifo");
    execFileSync("mkfifo", [path]);
    refuse(path);
    expect(lstatSync(path).isFIFO()).toBe(true);
  });

  test("a socket", async () => {
    const path = join(temporaryDirectory(), "socket");
    const server = createServer().listen(path);
    await once(server, "listening");
    onTestFinished(() => void server.close());
    refuse(path);
  });

  test("a device", () => refuse("/dev/null"));
});

describe("a file that can't be opened", () => {
  test("for want of its directory names that", () => {
    const path = join(temporaryDirectory(), "missing", "out");
    const error = expectOperational(
      thrownBy(() => open(path)),
      "OUTPUT_UNWRITABLE",
    );
    expect(error.message).toBe(
      `${path} can't be opened for appending (ENOENT); make its directory or pass another --output`,
    );
  });

  test("for another reason names the reason", () => {
    const path = join(temporaryDirectory(), "out");
    writeFileSync(path, "");
    const error = expectOperational(
      thrownBy(() => open(join(path, "below"))),
      "OUTPUT_UNWRITABLE",
    );
    expect(error.message).toContain("(ENOTDIR)");
  });
});

describe("a file that ends inside a line", () => {
  test("is repaired before anything is appended, and its size is that of the whole lines", () => {
    const path = join(temporaryDirectory(), "out");
    writeFileSync(path, "whole\ntorn");
    const repairs: Repair[] = [];
    const output = open(path, 0o600, (repair) => repairs.push(repair));
    writeSync(output.fd, "next\n");
    expect(output.bytes).toBe(6);
    expect(readFileSync(path, "utf8")).toBe("whole\nnext\n");
    expect(repairs).toEqual([{ bytes: 4, movedTo: expect.stringMatching(/\.torn-\d{8}T\d{9}Z$/) }]);
    expect(readFileSync(repairs[0]?.movedTo ?? "", "utf8")).toBe("torn");
  });

  test("and can't be repaired is closed again, so that a later attempt isn't refused by its own lock", () => {
    // A name so long that it can't be longer, as the torn line's file would have to be.
    const path = join(temporaryDirectory(), "o".repeat(250));
    writeFileSync(path, "torn");
    const descriptors = openDescriptors();
    for (let attempt = 0; attempt < 2; attempt++) {
      expectOperational(
        thrownBy(() => open(path)),
        "OUTPUT_UNWRITABLE",
      );
    }
    expect(openDescriptors()).toBe(descriptors);
  });
});

describe("the lock", () => {
  test("keeps a second owner out, and ends with the descriptor", () => {
    const path = join(temporaryDirectory(), "out");
    const first = open(path);
    const descriptors = openDescriptors();
    const error = expectOperational(
      thrownBy(() => open(path)),
      "OUTPUT_IN_USE",
    );
    expect(error.message).toBe(
      `${path} is locked by pid ${process.pid} (uid ${process.geteuid?.()}); stop it or pass another --output`,
    );
    expect(openDescriptors()).toBe(descriptors);
    first.close();
    open(path);
  });

  test("may be taken by any user who may read the file, and the error names that user", async (context) => {
    needRoot(context);
    const path = join(temporaryDirectory(), "out");
    chmodSync(dirname(path), 0o755);
    open(path, 0o644).close();
    const [program, ...args] = asUser(NOBODY, "sh", "-c", 'exec 9<"$0" && flock -n 9 && echo held && cat', path);
    const holder = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(() => void holder.kill("SIGKILL"));
    await once(holder.stdout, "data");
    const error = expectOperational(
      thrownBy(() => open(path)),
      "OUTPUT_IN_USE",
    );
    expect(error.message).toContain(`is locked by pid ${holder.pid} (uid ${NOBODY});`);
  });

  test("is respected when another program has it", async () => {
    const path = join(temporaryDirectory(), "out");
    const holder = spawn("flock", [path, "sh", "-c", "echo held; cat"], { stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(() => void holder.kill("SIGKILL"));
    await once(holder.stdout, "data");
    const error = expectOperational(
      thrownBy(() => open(path)),
      "OUTPUT_IN_USE",
    );
    expect(error.message).toContain(`by pid ${holder.pid}`);
    holder.stdin.end();
    await once(holder, "exit");
    open(path);
  });
});
