// Builds dist/bin: each command of bin/ with all that it imports in one file or few. A command that loads 140 files starts
// 50 ms later, and its system calls are mostly those that look for them.
import { chmodSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = `${root}bin/`;
const target = `${root}dist/bin/`;

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: readdirSync(source).map((name) => source + name),
  outdir: target,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20.11",
  sourcemap: true,
  logLevel: "warning",
  // It loads a prebuilt library that lies beside it.
  external: ["koffi"],
  // Bundled CommonJS packages ask for Node's modules by require().
  banner: {
    js: 'import { createRequire as createRequireHere } from "node:module"; const require = createRequireHere(import.meta.url);',
  },
});
// npm links commands to them, and they can be run as they are.
for (const name of readdirSync(source)) chmodSync(target + name.replace(/\.ts$/, ".js"), 0o755);
