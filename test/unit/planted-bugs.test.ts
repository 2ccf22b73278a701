import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PLANTED_BUGS } from "../../scripts/planted-bugs.ts";

test.each(PLANTED_BUGS)("$name: can still be planted, and its test is there", ({ file, sound, broken, test: path }) => {
  expect(readFileSync(file, "utf8").split(sound)).toHaveLength(2);
  expect(broken).not.toBe(sound);
  expect(existsSync(path)).toBe(true);
});
