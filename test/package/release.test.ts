import { execFileSync, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { cloneProject } from "../support/clone.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** A repository with the project's files, whose checks are short and whose CHANGELOG has one entry. */
let clone = "";

beforeEach(() => {
  clone = join(temporaryDirectory(), "clone");
  cloneProject(clone);
  git("init", "--quiet");
  git("config", "user.name", "A Tester");
  git("config", "user.email", "tester@localhost");
  appendFileSync(join(clone, ".git/info/exclude"), "node_modules\n");
  git("commit", "--quiet", "--allow-empty", "--message", "a state");
  const manifest: object = JSON.parse(readFileSync(join(clone, "package.json"), "utf8"));
  writeFileSync(join(clone, "package.json"), JSON.stringify({ ...manifest, version: "1.0.0" }));
  commit({ changelog: "# Changelog\n\n## Unreleased\n\n- a new thing\n", scripts: { check: "true", test: "true" } });
});

/** Makes this the repository's only commit. */
function commit({ changelog, scripts }: { changelog?: string; scripts?: Record<string, string> }): void {
  const manifest: { scripts: object } = JSON.parse(readFileSync(join(clone, "package.json"), "utf8"));
  const all = { ...manifest, scripts: { ...manifest.scripts, pretest: "true", ...scripts } };
  writeFileSync(join(clone, "package.json"), `${JSON.stringify(all, null, 2)}\n`);
  if (changelog !== undefined) writeFileSync(join(clone, "CHANGELOG.md"), changelog);
  git("add", "--all");
  git("commit", "--quiet", "--amend", "--message", "a state");
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: clone, encoding: "utf8" }).trim();
}

function release(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [join(clone, "scripts/release.mjs"), ...args], { encoding: "utf8" });
}

/** Nothing is committed, tagged, changed or packed. */
function expectUntouched(): void {
  expect(git("log", "--format=%s")).toBe("a state");
  expect([git("tag"), git("status", "--porcelain"), existsSync(join(clone, "release"))]).toEqual(["", "", false]);
}

test("makes the version, the section, the tag, the tarball and the SBOM", () => {
  const { status, stderr } = release("1.1.0");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const date = new Date().toISOString().slice(0, 10);
  const changelog = readFileSync(join(clone, "CHANGELOG.md"), "utf8");
  expect(changelog).toBe(`# Changelog\n\n## Unreleased\n\n## 1.1.0 (${date})\n\n- a new thing\n`);
  expect(git("log", "-1", "--format=%s")).toBe("chore(release): 1.1.0");
  expect(git("status", "--porcelain")).toBe("");
  expect(git("cat-file", "-t", "v1.1.0")).toBe("tag");
  expect(git("tag", "--list", "--format=%(contents)", "v1.1.0")).toBe("log-aggregator 1.1.0\n\n- a new thing");
  expect(readdirSync(join(clone, "release"))).toEqual(["log-aggregator-1.1.0.sbom.json", "log-aggregator-1.1.0.tgz"]);
  const packed = execFileSync("tar", ["-xOzf", "release/log-aggregator-1.1.0.tgz", "package/package.json"], {
    cwd: clone,
    encoding: "utf8",
  });
  expect(JSON.parse(packed).version).toBe("1.1.0");
  expect(JSON.parse(readFileSync(join(clone, "package-lock.json"), "utf8")).version).toBe("1.1.0");
  expectBillOfMaterials();
});

/** It lists what an installed copy runs, bundled or not. */
function expectBillOfMaterials(): void {
  const sbom: { components: { name: string }[]; dependencies: { ref: string; dependsOn: string[] }[] } = JSON.parse(
    readFileSync(join(clone, "release/log-aggregator-1.1.0.sbom.json"), "utf8"),
  );
  const names = sbom.components.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["koffi", "pino", "commander", "split2"]));
  for (const name of ["esbuild", "vitest", "typescript"]) expect(names).not.toContain(name);
  const references = new Set(sbom.dependencies.map(({ ref }) => ref));
  expect(sbom.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !references.has(ref))).toEqual([]);
}

test("--dry-run says what it would do and does nothing", () => {
  const { status, stdout } = release("1.1.0", "--dry-run");
  expect(status).toBe(0);
  expect(stdout.match(/^would (write|pack|commit|tag)/gm)).toHaveLength(5);
  expectUntouched();
});

test("a version that was written before is tagged as it is", () => {
  commit({ changelog: "# Changelog\n\n## Unreleased\n\n## 1.0.0 (2026-01-01)\n\n- all\n" });
  expect(release("1.0.0")).toMatchObject({ status: 0, stderr: "" });
  expect(git("log", "--format=%s")).toBe("a state");
  expect(git("tag", "--list", "--format=%(contents)")).toBe("log-aggregator 1.0.0\n\n- all");
});

test.each([
  ["a tree with changes", (): void => writeFileSync(join(clone, "new.txt"), ""), "the tree has changes"],
  ["a tag that exists", (): string => git("tag", "v1.1.0"), "the tag v1.1.0 exists"],
  ["an older version", (): string => git("tag", "x"), "0.9.0 is not newer than 1.0.0"],
])("refuses %s", (what, arrange, message) => {
  arrange();
  const before = [git("tag"), git("status", "--porcelain")];
  const { status, stderr } = release(what === "an older version" ? "0.9.0" : "1.1.0");
  expect({ status, stderr: stderr.includes(message) }).toEqual({ status: 1, stderr: true });
  expect([git("log", "--format=%s"), git("tag"), git("status", "--porcelain")]).toEqual(["a state", ...before]);
});

test("refuses when a check fails, and changes nothing", () => {
  commit({ scripts: { test: "false" } });
  const { status, stderr } = release("1.1.0");
  expect({ status, stderr }).toEqual({ status: 1, stderr: 'release: "npm run test" fails; nothing was changed\n' });
  expectUntouched();
});

test("refuses a CHANGELOG without news", () => {
  commit({ changelog: "# Changelog\n\n## Unreleased\n\n## 1.0.0 (2026-01-01)\n\n- old\n" });
  expect(release("1.1.0").stderr).toContain('nothing under "Unreleased"');
  expectUntouched();
});
