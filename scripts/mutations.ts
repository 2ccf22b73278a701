/**
 * Plants a bug at a time in a copy of the tree, builds the copy, and runs the test meant to catch it: does it?
 * The working tree stays as it is. usage: node --import tsx scripts/mutations.ts [part of a name]
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

/** Enough of a failure to see that it is the right one. */
const REASON_CHARACTERS = 160;

interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly sound: string;
  readonly broken: string;
  readonly test: string;
}

const MUTATIONS: readonly Mutation[] = [
  {
    name: "drop the fsync",
    file: "src/sink/syncer.ts",
    sound: "fdatasync(fd, (error) => {",
    broken:
      "((_: number, done: (error: null) => void) => void setImmediate(done, null))(fd, (error: Error | null) => {",
    test: "test/faults/power-cut.test.ts",
  },
  {
    name: "acknowledge early",
    file: "src/sink/syncer.ts",
    sound: "if (this.#policy.confirmsOnWrite) this.#confirm(position);",
    broken: "this.#confirm(position);",
    test: "test/faults/call-order.test.ts",
  },
  {
    name: "ignore a short write",
    file: "src/sink/file-writer.ts",
    sound: "this.#queue.written(bytes);",
    broken: "this.#queue.written(asked);",
    test: "test/faults/refused-calls.test.ts",
  },
  {
    name: "skip the repair",
    file: "src/sink/repair.ts",
    sound: "if (whole === size) return undefined;",
    broken: "if (whole <= size) return undefined;",
    test: "test/faults/kill.test.ts",
  },
  {
    name: "skip the directory's sync",
    file: "src/sink/output-file.ts",
    sound: "    fsyncSync(fd);",
    broken: "    if (fd < 0) fsyncSync(fd);",
    test: "test/faults/call-order.test.ts",
  },
  {
    name: "no O_APPEND",
    file: "src/sink/open-output.ts",
    sound: "O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK",
    broken: "O_RDWR | (0 * O_APPEND) | O_NOFOLLOW | O_NONBLOCK",
    test: "test/faults/kill.test.ts",
  },
  {
    name: "unlink without probing",
    file: "src/transports/shared/unix-path.ts",
    sound: 'if (holder !== "nobody") {',
    broken: "if (holder === undefined) {",
    test: "test/process/aggregator-addresses.test.ts",
  },
  {
    name: "take the end of the connection as an acknowledgement",
    file: "src/acks/sending/acked-sender.ts",
    sound: "over: (fatal) => void this.#reconnect(fatal),",
    broken: "over: (fatal) => (this.#window.acknowledge(this.#window.next - 1), void this.#reconnect(fatal)),",
    test: "test/faults/kill.test.ts",
  },
  {
    name: "take a second run for the first",
    file: "src/acks/protocol.ts",
    sound: "return { producer, run, first };",
    broken: 'return { producer, run: "", first };',
    test: "test/faults/acked-names.test.ts",
  },
  {
    name: "believe any number of lines",
    file: "src/acks/sending/acked-connection.ts",
    sound: "return answer.next > sent ?",
    broken: "return answer.next > Number.MAX_VALUE ?",
    test: "test/process/producer-ack-distrust.test.ts",
  },
];

const root = fileURLToPath(new URL("..", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "log-mutations-"));

function run(command: string, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: copy, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

/** Builds the copy as it is now. */
function build(): void {
  const { status, output } = run(process.execPath, "scripts/build.mjs");
  if (status !== 0) throw new Error(output);
}

/** What the test fails with; undefined when it passes. */
function failure(test: string): string | undefined {
  const { status, output } = run("node_modules/.bin/vitest", "run", "--retry", "0", test);
  if (status === 0) return undefined;
  const [, reason] = /^(?:AssertionError|Error): (.*)$/m.exec(stripVTControlCharacters(output)) ?? [];
  return reason?.slice(0, REASON_CHARACTERS) ?? "no reason found";
}

const wanted = MUTATIONS.filter(({ name }) => name.includes(process.argv[2] ?? ""));
try {
  for (const part of ["bin", "src", "test", "scripts", "package.json", "tsconfig.json", "vitest.config.ts", "bpftrace"])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  build();
  for (const test of new Set(wanted.map((mutation) => mutation.test))) {
    const why = failure(test);
    if (why !== undefined) throw new Error(`${test} fails without any mutation, so it proves nothing: ${why}`);
    console.log(`sound tree: ${test} passes`);
  }
  for (const { name, file, sound, broken, test } of wanted) {
    const path = join(copy, file);
    const text = readFileSync(path, "utf8");
    if (text.split(sound).length !== 2) throw new Error(`${file} doesn't hold this once: ${sound}`);
    writeFileSync(
      path,
      text.replace(sound, () => broken),
    );
    build();
    const why = failure(test);
    writeFileSync(path, text);
    console.log(`${why === undefined ? "NOT CAUGHT" : "caught    "}  ${name}  by ${test}: ${why ?? ""}`);
    if (why === undefined) process.exitCode = 1;
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
