// Makes a release: version, CHANGELOG, tarball, SBOM, commit and annotated tag. It publishes and pushes nothing.
//
//   node scripts/release.mjs VERSION [--dry-run]
//
// It refuses a tree with changes, a version that isn't new, a CHANGELOG without entries under "Unreleased", and a failing
// `npm run check` or `npm test`. The tarball and the SBOM (CycloneDX) go to release/. With --dry-run it refuses in the
// same way, runs the same checks, says what it would do, and changes nothing.
//
// Where package.json and CHANGELOG.md have the version already, and no tag, it releases the commit as it is.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const [version = "", option, ...more] = process.argv.slice(2);
const isDryRun = option === "--dry-run";
if (!/^\d+\.\d+\.\d+$/.test(version) || (option !== undefined && !isDryRun) || more.length > 0) {
  end(2, "usage: node scripts/release.mjs VERSION [--dry-run], with a VERSION such as 1.2.3");
}
const tag = `v${version}`;
const current = JSON.parse(readFileSync("package.json", "utf8")).version;
const changelog = readFileSync("CHANGELOG.md", "utf8");
const isPrepared = current === version && sectionOf(changelog, version) !== "";

refuseUnlessReady();
for (const script of ["check", "test"]) check(script);

step(`write ${version} to package.json, package-lock.json and CHANGELOG.md`, !isPrepared, () => {
  npm("version", version, "--no-git-tag-version", "--ignore-scripts");
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync("CHANGELOG.md", changelog.replace(/^## Unreleased\n/m, `## Unreleased\n\n## ${version} (${date})\n`));
});
const notes = sectionOf(changelog, isPrepared ? version : "Unreleased");
const files = `release/log-aggregator-${version}`;
step(`pack ${files}.tgz`, true, () => {
  mkdirSync("release", { recursive: true });
  npm("pack", "--pack-destination", "release");
});
step(`write ${files}.sbom.json`, true, () => {
  writeFileSync(`${files}.sbom.json`, `${JSON.stringify(billOfMaterials(), null, 2)}\n`);
});
step(`commit "chore(release): ${version}"`, !isPrepared, () => {
  git("commit", "--quiet", "--all", "--message", `chore(release): ${version}`, "--message", notes);
});
step(`tag ${tag} with the section of CHANGELOG.md`, true, () => {
  git("tag", "--annotate", "--cleanup=verbatim", tag, "--message", `log-aggregator ${version}\n\n${notes}`);
});
console.log(isDryRun ? "nothing was changed" : `to publish: git push --follow-tags && npm publish ${files}.tgz`);

function refuseUnlessReady() {
  if (git("status", "--porcelain") !== "") end(1, "the tree has changes; commit them or put them away first");
  if (git("tag", "--list", tag) !== "") end(1, `the tag ${tag} exists; choose a newer version`);
  const unreleased = sectionOf(changelog, "Unreleased");
  if (isPrepared) {
    if (unreleased !== "")
      end(1, `CHANGELOG.md has entries under "Unreleased", which ${version} would contain; move them`);
    return;
  }
  if (!isNewer(version, current)) end(1, `${version} is not newer than ${current}, the version of package.json`);
  if (unreleased === "") end(1, 'CHANGELOG.md has nothing under "Unreleased"; say what is new');
}

function check(script) {
  console.log(`npm run ${script}`);
  const { status } = spawnSync("npm", ["run", "--silent", script], { stdio: "inherit" });
  if (status !== 0) end(1, `"npm run ${script}" fails; nothing was changed`);
}

function step(what, isNeeded, act) {
  if (!isNeeded) return;
  console.log(isDryRun ? `would ${what}` : what);
  if (isDryRun) return;
  try {
    act();
  } catch (error) {
    // Before the commit nothing may stay; after it, another try goes on with the tag.
    git("checkout", "--quiet", "--", "package.json", "package-lock.json", "CHANGELOG.md");
    end(1, `it can't ${what}: ${error.message}`);
  }
}

/**
 * `npm sbom` of what an installed copy runs: the dependencies, and the packages that are bundled, which npm takes for
 * development dependencies. The build lists those in dist/third-party-licenses.txt.
 */
function billOfMaterials() {
  const sbom = JSON.parse(npm("sbom", "--sbom-format", "cyclonedx", "--package-lock-only"));
  const licenses = readFileSync("dist/third-party-licenses.txt", "utf8");
  const bundled = new Set([...licenses.matchAll(/^(\S+@\S+) \(.*\)$/gm)].map(([, name]) => name));
  const isDevelopment = ({ name }) => name === "cdx:npm:package:development";
  const components = sbom.components.filter(
    ({ name, group, version, properties = [] }) =>
      !properties.some(isDevelopment) || bundled.has(`${group ? `${group}/` : ""}${name}@${version}`),
  );
  for (const component of components) component.properties = component.properties?.filter((it) => !isDevelopment(it));
  const references = new Set([sbom.metadata.component, ...components].map((component) => component["bom-ref"]));
  const dependencies = sbom.dependencies
    .filter(({ ref }) => references.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => references.has(other)) }));
  return { ...sbom, components, dependencies };
}

/** What stands below a heading of the CHANGELOG, "## 1.2.3 (date)" or "## Unreleased". */
function sectionOf(text, name) {
  const sections = text.split(/^## /m);
  const found = sections.find((section) => section.split(/[ \n]/, 1)[0] === name) ?? "";
  return found.slice(found.indexOf("\n") + 1).trim();
}

function isNewer(one, other) {
  const [a, b] = [one, other].map((text) => text.split(".").map(Number));
  const at = a.findIndex((part, index) => part !== b[index]);
  return at >= 0 && a[at] > b[at];
}

/** Runs npm; what it says on stderr is in the error when it fails. */
function npm(...args) {
  return execFileSync("npm", args, { encoding: "utf8", stdio: "pipe", maxBuffer: 64 * 1024 * 1024 });
}

function git(...args) {
  return execFileSync("git", args, { encoding: "utf8" }).trim();
}

function end(status, message) {
  console.error(`release: ${message}`);
  process.exit(status);
}
