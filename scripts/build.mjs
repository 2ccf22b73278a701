// Builds dist/bin: each command of bin/ with everything that it imports, in one file or few. A command that loads 140
// files starts 50 ms later, and most of its system calls search for them. And dist/lib: the library in one file, with
// its types.
//
//   node scripts/build.mjs           builds, or fails
//   node scripts/build.mjs --keep    without esbuild, as after `npm ci --omit=dev`, keeps a dist that is there
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { licensesOf } from "./licenses.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = `${root}bin/`;
const commands = `${root}dist/bin/`;
const library = `${root}dist/lib/`;

const { build } = await import("esbuild").catch(endWithoutEsbuild);

const common = {
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20.11",
  sourcemap: true,
  logLevel: "warning",
  metafile: true,
  // It loads a prebuilt library that lies beside it.
  external: ["koffi"],
  // Bundled CommonJS packages ask for Node's modules by require().
  banner: {
    js: 'import { createRequire as createRequireHere } from "node:module"; const require = createRequireHere(import.meta.url);',
  },
};

/** A package that it imports would read the environment. */
const noSwitches = { "process.env.READABLE_STREAM": "undefined" };

for (const target of [commands, library]) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
}
const results = await Promise.all([
  build({ ...common, entryPoints: readdirSync(source).map((name) => source + name), outdir: commands }),
  build({
    ...common,
    entryPoints: { index: `${root}src/index.ts`, pino: `${root}src/pino/index.ts` },
    outdir: library,
    define: noSwitches,
  }),
]);
writeFileSync(
  `${root}dist/third-party-licenses.txt`,
  licensesOf(
    results.map(({ metafile }) => metafile),
    root,
  ),
);
// npm links commands to them, and they can be run as they are.
for (const name of readdirSync(source)) chmodSync(commands + name.replace(/\.ts$/, ".js"), 0o755);

execFileSync(`${root}node_modules/.bin/tsc`, ["-p", `${root}tsconfig.library.json`], { stdio: "inherit" });
// Types name their neighbours as the source does, with ".ts", which only the newest compilers take.
for (const name of readdirSync(`${library}types`, { recursive: true })) {
  if (!name.endsWith(".d.ts")) continue;
  const path = `${library}types/${name}`;
  writeFileSync(path, readFileSync(path, "utf8").replace(/(from|import\()( ?"\.[^"]*)\.ts"/g, '$1$2.js"'));
}

/** esbuild is a development dependency. */
function endWithoutEsbuild(error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  const isBuilt = existsSync(`${commands}aggregator.js`) && existsSync(`${library}index.js`);
  if (isBuilt && process.argv.includes("--keep")) {
    console.error("dist/ stays as it was built before: esbuild, a development dependency, is not installed");
    process.exit(0);
  }
  const fact = "log-aggregator can't be built: esbuild, a development dependency, is not installed";
  console.error(`${fact}; run "npm ci", or install a tarball of "npm pack", which holds a build`);
  process.exit(1);
}
