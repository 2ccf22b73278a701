import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where scripts/unpacked.sh unpacks systemd, on machines where it isn't installed. */
const UNPACKED = join(
  process.env["UNPACKED"] ??
    join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "log-aggregator", "unpacked"),
  "systemd",
);

/** Why systemd-analyze can't be used here; undefined when it can. */
export function analyzeObstacle(): string | undefined {
  const { error, status } = analyze(["--version"]);
  if (error === undefined && status === 0) return undefined;
  return "systemd-analyze is missing; install systemd, or run scripts/unpacked.sh systemd";
}

/** Runs systemd-analyze on units in the current folder, the installed one or the unpacked. No systemd has to run. */
export function analyze(args: readonly string[], cwd?: string): SpawnSyncReturns<string> {
  const env = { ...process.env, NO_COLOR: "1", SYSTEMD_PAGER: "cat" };
  const installed = spawnSync("systemd-analyze", args, { cwd, env, encoding: "utf8" });
  const program = join(UNPACKED, "usr/bin/systemd-analyze");
  if (installed.error === undefined || !existsSync(program)) return installed;
  const libraries = ["usr/lib", "lib"].flatMap((folder) => libraryFolders(join(UNPACKED, folder)));
  return spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    env: {
      ...env,
      LD_LIBRARY_PATH: libraries.join(":"),
      SYSTEMD_UNIT_PATH: `${join(UNPACKED, "lib/systemd/system")}:${join(UNPACKED, "usr/lib/systemd/system")}:`,
    },
  });
}

/** The folders of an architecture, such as x86_64-linux-gnu, and that of systemd in each. */
function libraryFolders(folder: string): string[] {
  const found = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith("-linux-gnu")) : [];
  return found.flatMap((name) => [join(folder, name), join(folder, name, "systemd")]);
}
