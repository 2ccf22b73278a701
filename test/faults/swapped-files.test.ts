import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { OperationalError } from "../../src/core/errors.ts";
import { LogFile } from "../../src/forwarder/log-files.ts";
import { Progress } from "../../src/forwarder/progress.ts";
import { writeRejected } from "../../src/forwarder/rejected-file.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from "../../src/os/constants.ts";
import { listen, socket } from "../../src/os/libc.ts";
import { openOutput } from "../../src/sink/open-output.ts";
import { FifoFile } from "../../src/transports/fifo/fifo-file.ts";
import { lockDirectory } from "../../src/transports/shared/directory-lock.ts";
import { bindUnixPath } from "../../src/transports/shared/unix-path.ts";
import { FaultProgram, type Line } from "../support/fault-program.ts";
import { asUser, NOBODY, needRoot } from "../support/other-user.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const SWAP = new URL("../support/python/swap.py", import.meta.url).pathname;
const ROUNDS = 1000;
const GROUP = { mode: 0o660 };
const REJECTED = ".rejected.jsonl";
const SECRET = "secret\n";

/** Opens or makes what belongs at the path, uses it, and removes it. */
const USES: Readonly<Record<string, (path: string) => unknown>> = {
  socket: async (path) => {
    const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    try {
      const owned = await bindUnixPath(fd, path, { access: GROUP, bound: () => void listen(fd, 1) });
      owned.remove();
    } finally {
      closeSync(fd);
    }
  },
  FIFO: (path) => {
    const file = FifoFile.open(path, GROUP);
    file.remove();
    for (const fd of [file.fd, file.anchor, ...file.former]) closeSync(fd);
  },
  output: (path) => {
    const output = openOutput(path, { mode: 0o600, repaired() {} });
    if (output.fd !== undefined) writeFileSync(output.fd, "{}\n");
    output.close();
  },
  checkpoint: (path) => new Progress(path, "target").close(),
  "file of rejected lines": (path) => {
    const source = new LogFile(SWAP);
    const line = { file: "", offset: 0, length: 10, lines: 1, reason: "tooLong", message: "" } as const;
    writeRejected(path.slice(0, -REJECTED.length), source, line);
    source.close();
  },
  "locked directory": async (path) => {
    await using _lock = await lockDirectory(path);
  },
};

/** A directory that everybody may write to, and beside it what only root may. */
class Scene {
  readonly outside: string;
  readonly path: string;
  /** Files of root's, the first of which strangers can't reach. */
  readonly victims: readonly [string, ...string[]];
  readonly #directory = temporaryDirectory();

  /** @param hasBait whether the stranger can move a file of root's to the path */
  constructor(hasBait: boolean) {
    chmodSync(this.#directory, 0o755);
    this.outside = join(this.#directory, "outside");
    mkdirSync(this.outside, 0o700);
    const victim = join(this.outside, "victim");
    const open = join(this.#directory, "open");
    mkdirSync(open);
    chmodSync(open, 0o777);
    this.path = join(open, `x${REJECTED}`);
    this.victims = [victim, ...(hasBait ? [`${this.path}.bait`] : [])];
    for (const file of this.victims) writeFileSync(file, SECRET, { mode: 0o600 });
  }

  async swapping(): Promise<FaultProgram> {
    const program = new FaultProgram(
      asUser(NOBODY, "/usr/bin/python3", SWAP, this.path, this.victims[0], this.outside),
    );
    onTestFinished(() => program[Symbol.asyncDispose]());
    await program.event("swapping");
    return program;
  }

  /** What is root's is as it was, and what is the stranger's has nothing of root's. */
  expectUnharmed(): void {
    expect(readdirSync(this.outside)).toEqual(["victim"]);
    // In that directory the stranger could remove the bait, too, and give its name to something else.
    const [victim, ...baits] = this.victims;
    for (const file of [victim, ...baits.filter((bait) => lstatSync(bait, { throwIfNoEntry: false })?.isFile())]) {
      const { mode, uid, nlink } = statSync(file);
      expect([file, mode & 0o7777, uid, nlink]).toEqual([file, 0o600, 0, 1]);
      expect(readFileSync(file, "utf8")).toBe(SECRET);
    }
    const { mode, size } = statSync(`${this.path}.own`);
    expect([mode & 0o7777, size]).toEqual([0o666, 0]);
  }
}

test.for(Object.keys(USES))(
  "%s: what a stranger swaps in at its path is refused and left alone",
  async (name, context) => {
    needRoot(context);
    // A file of its own user's is appended to, whoever has moved it there.
    const scene = new Scene(name !== "output" && name !== "file of rejected lines");
    const program = await scene.swapping();
    const outcomes = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      const outcome = await outcomeOf(() => USES[name]?.(scene.path));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    program.stdin?.end();
    const swapped: Line = await program.event("swapped");
    await context.annotate(`${JSON.stringify(swapped)} ${JSON.stringify([...outcomes])}`);
    expect(Object.keys(swapped).length).toBeGreaterThan(5);
    scene.expectUnharmed();
  },
);

/** The code of the error that a user gets. @throws any other error */
async function outcomeOf(use: () => unknown): Promise<string> {
  try {
    await use();
    return "used";
  } catch (error) {
    if (error instanceof OperationalError) return error.code;
    throw error;
  }
}
