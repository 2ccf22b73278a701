import { execFile, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectFile } from "../../src/os/project-file.ts";
import { serveRegistry } from "./local-registry.ts";

/** The node binary that runs npm and the installed commands: `TEST_NODE=/path/to/node`, or the one that runs the tests. */
export const NODE: string = process.env["TEST_NODE"] ?? process.execPath;

/** The packed package, installed as a user does it. */
export interface Installation {
  /** The folder of the commands. */
  readonly bin: string;
  /** The folder of the package. */
  readonly folder: string;
}

/** Packs the project, and installs the tarball in an empty project, globally, and as a link to the project. */
export class PackedProject {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "log-pack-"));

  constructor() {
    mkdirSync(join(this.#folder, "node"));
    symlinkSync(NODE, join(this.#folder, "node", "node"));
  }

  /** Packs dist as it is. @returns the path of the tarball */
  async pack(): Promise<string> {
    const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", this.#folder];
    return join(this.#folder, (await this.#npm(args, projectFile("."))).trim());
  }

  /** `npm i TARBALL` in an empty project. */
  async installInProject(tarball: string): Promise<Installation> {
    const project = join(this.#folder, "project");
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), '{"type":"module"}');
    await this.#npm(["install", tarball], project);
    const modules = join(project, "node_modules");
    return { bin: join(modules, ".bin"), folder: join(modules, "log-aggregator") };
  }

  /** `npm i -g WHAT`, with a tarball, or the project's folder, to which npm makes a link. */
  async installGlobally(what: string): Promise<Installation> {
    const prefix = mkdtempSync(join(this.#folder, "global-"));
    await this.#npm(["install", "--global", "--prefix", prefix, "--ignore-scripts", what], this.#folder);
    return { bin: join(prefix, "bin"), folder: join(prefix, "lib/node_modules/log-aggregator") };
  }

  /** Runs a command of the installation by its name, in that directory. */
  run({ bin }: Installation, cwd: string, words: readonly string[]): SpawnSyncReturns<string> {
    const [name = "", ...args] = words;
    return spawnSync(join(bin, name), args, { cwd, env: this.environment(cwd), encoding: "utf8" });
  }

  /** What a command finds: the node binary under test, and default addresses in that directory. */
  environment(directory: string): { PATH: string; XDG_RUNTIME_DIR: string; HOME: string } {
    const PATH = `${join(this.#folder, "node")}:${process.env["PATH"]}`;
    return { PATH, XDG_RUNTIME_DIR: directory, HOME: this.#folder };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #npm(args: readonly string[], cwd: string): Promise<string> {
    await using registry = await serveRegistry();
    const quiet = ["--registry", registry.url, "--no-audit", "--no-fund", "--no-update-notifier"];
    const { stdout } = await promisify(execFile)("npm", [...args, ...quiet], {
      cwd,
      env: this.environment(this.#folder),
    });
    return stdout;
  }
}
