/**
 * Plants one bug at a time in a copy of the tree, builds the copy, and runs the test that should catch it.
 * The working tree stays as it is. usage: npm run mutations -- [part of a name | --help]
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { PLANTED_BUGS } from "./planted-bugs.ts";

/** How much of a failure is printed: enough to recognize it. */
const REASON_CHARACTERS = 160;

/** What a build and its tests need. */
const COPIED = [
  ...["bin", "src", "test", "scripts", "bpftrace"],
  ...["package.json", "tsconfig.json", "tsconfig.library.json", "vitest.config.ts"],
];

const root = fileURLToPath(new URL("..", import.meta.url));
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
  const [, reason] = /^\w*Error: (.*)$/m.exec(stripVTControlCharacters(output)) ?? [];
  return reason?.slice(0, REASON_CHARACTERS) ?? "no reason found";
}

const part = process.argv[2] ?? "";
if (part === "--help") {
  console.log("usage: npm run mutations -- [part of a name]\n");
  for (const { name, test } of PLANTED_BUGS) console.log(`${name.padEnd(56)} ${test}`);
  process.exit(0);
}
const wanted = PLANTED_BUGS.filter(({ name }) => name.includes(part));
if (wanted.length === 0) throw new Error(`no planted bug has "${part}" in its name; --help lists them`);
const copy = mkdtempSync(join(tmpdir(), "log-mutations-"));
try {
  for (const part of COPIED) cpSync(join(root, part), join(copy, part), { recursive: true });
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
    if (text.split(sound).length !== 2) throw new Error(`${file} doesn't contain this exactly once: ${sound}`);
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
