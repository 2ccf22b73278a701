import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BUILT, PROGRAMS } from "./built-program.ts";

/** Global setup: builds the programs that tests start. A start from source costs 0.4 s of processor time more, for each of them. */
export async function setup(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: PROGRAMS.map((name) => fileURLToPath(new URL(`${name}.ts`, import.meta.url))),
    outdir: BUILT,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.11",
    external: ["koffi"],
    write: false,
  });
  mkdirSync(BUILT, { recursive: true });
  for (const { path, contents } of outputFiles) {
    // Another test run may be starting it.
    writeFileSync(`${path}.${process.pid}`, contents);
    renameSync(`${path}.${process.pid}`, path);
  }
}
