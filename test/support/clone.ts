import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { projectFile } from "../../src/os/project-file.ts";

/**
 * Copies the project's files as they are now, without what git ignores, to a new folder, as a clone has them. The installed
 * packages are linked, since to install them takes half a minute.
 */
export function cloneProject(folder: string): void {
  const source = projectFile(".");
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: source });
  // A file that is deleted and not committed yet is listed still.
  const tar = ["--null", "--files-from=-", "--ignore-failed-read", "--warning=no-failed-read", "-c"];
  const archive = execFileSync("tar", tar, { cwd: source, input: list, maxBuffer: 256 * 1024 * 1024 });
  execFileSync("mkdir", ["-p", folder]);
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  symlinkSync(projectFile("node_modules"), `${folder}/node_modules`);
}
