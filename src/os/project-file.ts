import { fileURLToPath } from "node:url";

/** Path of a file that the package carries beside its code, such as `bpftrace/wakers.bt`. Built code lies one folder deeper. */
export function projectFile(path: string): string {
  const root = import.meta.url.endsWith(".ts") ? "../../" : "../../../";
  return fileURLToPath(new URL(root + path, import.meta.url));
}
