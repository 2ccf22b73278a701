import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { OwnProgram } from "../../src/os/own-program.ts";
import { projectFile } from "../../src/os/project-file.ts";

test("a program that is started from source leaves its link in dist/, which git and the linter pass over", async () => {
  const program = new OwnProgram("producer", ["--version"]);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(existsSync(projectFile(`dist/run${process.execPath}/producer`))).toBe(true);
  expect(existsSync(projectFile("run"))).toBe(false);
});
