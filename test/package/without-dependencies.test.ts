import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cloneProject } from "../support/clone.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** A clone in which nothing is installed. */
function freshClone(): string {
  const clone = join(temporaryDirectory(), "clone");
  cloneProject(clone);
  rmSync(`${clone}/node_modules`);
  return clone;
}

test.each([["demo"], ["build"], ["prepare"]])("npm run %s before npm ci says in one line what to run", (script) => {
  const { status, stdout, stderr } = spawnSync("npm", ["run", "--silent", script], {
    cwd: freshClone(),
    encoding: "utf8",
  });
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^log-aggregator can't be built: esbuild, .* is not installed; run "npm ci".*\n$/);
});

test("npm ci --omit=dev keeps a dist that is there", () => {
  const clone = freshClone();
  for (const file of ["dist/bin/aggregator.js", "dist/lib/index.js"]) {
    mkdirSync(join(clone, file, ".."), { recursive: true });
    writeFileSync(join(clone, file), "");
  }
  const prepared = spawnSync("npm", ["run", "--silent", "prepare"], { cwd: clone, encoding: "utf8" });
  expect(prepared).toMatchObject({ status: 0, stdout: "" });
  expect(prepared.stderr).toMatch(/^dist\/ stays as it was built before: .*\n$/);
  expect(existsSync(join(clone, "dist/bin/aggregator.js"))).toBe(true);
  expect(() => execFileSync("npm", ["run", "--silent", "build"], { cwd: clone, stdio: "ignore" })).toThrow();
});
