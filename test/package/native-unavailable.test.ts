import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** The built programs, and a koffi that consists of this, or none. */
function installation(koffi: string | undefined): string {
  const directory = temporaryDirectory();
  for (const part of ["dist", "package.json"]) cpSync(projectFile(part), join(directory, part), { recursive: true });
  if (koffi === undefined) return directory;
  mkdirSync(join(directory, "node_modules/koffi"), { recursive: true });
  writeFileSync(join(directory, "node_modules/koffi/index.js"), koffi);
  return directory;
}

function run(directory: string, command: string, ...args: readonly string[]) {
  const file = join(directory, "dist/bin", `${command}.js`);
  return spawnSync(process.execPath, [file, ...args], { cwd: directory, encoding: "utf8" });
}

test.each([
  [undefined, "Cannot find module 'koffi'"],
  ['throw new Error("Cannot find the native Koffi module");', "Cannot find the native Koffi module"],
])("without libc, a command says in one line what to install, and its help is there", (koffi, reason) => {
  const directory = installation(koffi);
  for (const command of ["aggregator", "producer"]) {
    const { status, stderr } = run(directory, command, "unixgram=s");
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(stderr)).toMatchObject({
      code: "NATIVE_UNAVAILABLE",
      msg: `libc can't be called, because koffi can't be loaded (${reason}); install it with npm install`,
    });
    expect(status).toBe(1);
    expect(run(directory, command, "--help")).toMatchObject({ status: 0, stderr: "" });
  }
});

test("the library reports it as an error of the call", () => {
  const directory = installation(undefined);
  const source = `
    import { createAggregator } from "./dist/lib/index.js";
    await createAggregator({ listen: ["unixsock=s"], output: "out" }).catch(({ name, code }) => console.log(name, code));
  `;
  const args = ["--input-type=module", "-e", source];
  const { stdout } = spawnSync(process.execPath, args, { cwd: directory, encoding: "utf8" });
  expect(stdout).toBe("OperationalError NATIVE_UNAVAILABLE\n");
});
