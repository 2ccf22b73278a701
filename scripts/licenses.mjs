// The licences of the packages whose code is in dist, which ask to come along with every copy.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The folder of the package that a source file belongs to; nothing for a file of this project. */
const PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;

/** A text of "name@version (license)" and the license's text, for each package in esbuild's metafiles. */
export function licensesOf(metafiles, root) {
  const outputs = metafiles.flatMap((metafile) => Object.values(metafile.outputs));
  const inputs = outputs.flatMap((output) => Object.keys(output.inputs));
  const folders = new Set(inputs.flatMap((input) => PACKAGE.exec(input) ?? []));
  const texts = [...folders].map((folder) => licenseOf(join(root, folder)));
  return `Parts of these packages are in dist/.\n\n${texts.sort().join("\n")}`;
}

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry)) ?? "README.md";
  const path = join(folder, file);
  if (!existsSync(path)) throw new Error(`${folder} has no license that could be passed on`);
  return `${name}@${version} (${license})\n\n${readFileSync(path, "utf8")
    .trim()
    .replace(/^(?=.)/gm, "    ")}\n`;
}
