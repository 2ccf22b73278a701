import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { projectFile } from "../../src/os/project-file.ts";

/** An empty project, of ES modules, in which the packed package is installed. */
export class ConsumerProject {
  readonly folder: string = mkdtempSync("/tmp/log-lib-");

  /**
   * @param packages what is installed beside the package and what npm installs with it: koffi with its prebuilt parts,
   *   and the types that it asks for
   */
  constructor(packages: readonly string[] = []) {
    const { folder } = this;
    const packing = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder, projectFile(".")];
    const packed = execFileSync("npm", packing, { encoding: "utf8" });
    const installed = `${folder}/node_modules/log-aggregator`;
    mkdirSync(installed, { recursive: true });
    execFileSync("tar", ["-xzf", `${folder}/${packed.trim()}`, "--strip-components=1", "-C", installed]);
    for (const name of ["koffi", "@koromix", "@types/node", "undici-types", ...packages]) {
      const link = `${folder}/node_modules/${name}`;
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(projectFile(`node_modules/${name}`), link);
    }
    this.write("package.json", '{"type":"module"}');
  }

  write(name: string, text: string): void {
    writeFileSync(`${this.folder}/${name}`, text);
  }

  /** Compiles files strictly, with the libraries' types checked. @returns what the compiler prints */
  compile(files: readonly string[], ...options: readonly string[]): string {
    const strict = ["--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false", "--types", "node"];
    const { stdout } = spawnSync(
      projectFile("node_modules/.bin/tsc"),
      [...files, "--target", "es2022", ...strict, ...options],
      { cwd: this.folder, encoding: "utf8" },
    );
    return stdout;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
