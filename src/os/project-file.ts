import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** Whether this code runs from source (src/os/) and not as built (dist/bin/). Both are two folders deep. */
const isSource = import.meta.url.endsWith(".ts");

/** Path of a file that is part of the package but not code, such as `bpftrace/wakers.bt`. */
export function projectFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** How to start a command of the project: built code starts built commands, source code starts source files. */
export function commandFile(name: string): { readonly path: string; readonly nodeArgs: readonly string[] } {
  return isSource
    ? { path: projectFile(`bin/${name}.ts`), nodeArgs: ["--import", tsx()] }
    : { path: projectFile(`dist/bin/${name}.js`), nodeArgs: [] };
}

/** By its path, so that commands start in any working directory. */
function tsx(): string {
  return createRequire(import.meta.url).resolve("tsx");
}
