import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Programs of this folder that run in a process or a thread of their own. */
export const PROGRAMS = ["listener-program", "writer-program", "binding-worker"] as const;

/** Where build-programs.ts puts them. */
export const BUILT: string = fileURLToPath(new URL("../built", import.meta.url));

/** Path of a program as a module that Node runs as it is. */
export function builtProgram(name: (typeof PROGRAMS)[number]): string {
  return join(BUILT, `${name}.mjs`);
}
