import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { expect, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { readPage } from "../support/doc-samples.ts";

const manifest: { dependencies: Record<string, string>; devDependencies: Record<string, string> } = JSON.parse(
  readFileSync(projectFile("package.json"), "utf8"),
);

/** The packages in the table of a section of docs/dependencies.md. */
function listed(title: string): string[] {
  const section = readPage("docs/dependencies.md")
    .split(/^## /m)
    .find((text) => text.startsWith(`${title}\n`));
  return [...(section ?? "").matchAll(/^\| `(.*?)` \| \S/gm)].map(([, name = ""]) => name).sort();
}

test("docs/dependencies.md gives the reason of every dependency", () => {
  expect(listed("Installed with the package")).toEqual(Object.keys(manifest.dependencies).sort());
  const development = [...listed("Bundled"), ...listed("To build and test")].sort();
  expect(development).toEqual(Object.keys(manifest.devDependencies).sort());
});

test("docs/dependencies.md lists what src imports as installed or bundled", () => {
  const src = projectFile("src");
  const sources = readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.endsWith(".ts") && !path.startsWith("records/wasm/assembly"),
  );
  const imported = sources.flatMap((path) =>
    [...readFileSync(`${src}/${path}`, "utf8").matchAll(/\b(?:from|import\() ?"([^."][^"]*)"/g)].map(
      ([, name = ""]) => name,
    ),
  );
  const packages = new Set(imported.filter((name) => !isBuiltin(name)));
  expect([...packages].sort()).toEqual([...listed("Installed with the package"), ...listed("Bundled")].sort());
});

test("package.json has exact versions", () => {
  const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});
