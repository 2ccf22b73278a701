import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { type Installation, NODE, PackedProject } from "../support/installed-package.ts";
import { RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const MANIFEST: { version: string; bin: Record<string, string>; dependencies: Record<string, string> } = JSON.parse(
  readFileSync(projectFile("package.json"), "utf8"),
);

const packed = new PackedProject();
const installations = new Map<string, Installation>();
let files: readonly string[] = [];

function installed(how: string): Installation {
  const found = installations.get(how);
  if (found === undefined) throw new Error(`not installed ${how}`);
  return found;
}

beforeAll(async () => {
  const tarball = await packed.pack();
  files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((path) => path.replace("package/", ""));
  installations.set("in a project", await packed.installInProject(tarball));
  installations.set("globally", await packed.installGlobally(tarball));
  installations.set("globally, as a link", await packed.installGlobally(projectFile(".")));
}, 120_000);

afterAll(() => packed.remove());

/** What a module imports, or asks for by a require() that the build has renamed. */
const IMPORTED = /^(?:import|export) .*from "([^".][^"]*)";$|\brequire\d*\("([^".][^"]*)"\)/gm;

describe("the tarball", () => {
  test("holds what an installed copy can use, and no more", () => {
    const tops = new Set(files.map((path) => /^(?:(?:dist|bench)\/)?[^/]+/.exec(path)?.[0] ?? path));
    const documents = ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"];
    const folders = [
      "bench/go",
      "bpftrace",
      "dist/bin",
      "dist/lib",
      "dist/third-party-licenses.txt",
      "docs",
      "scripts",
    ];
    expect([...tops].sort()).toEqual([...documents, ...folders, "package.json"].sort());
    const scripts = files.filter((path) => path.startsWith("scripts/"));
    expect(scripts.sort()).toEqual(["launch-producers.sh", "node-as.sh", "trace.sh"].map((name) => `scripts/${name}`));
    expect(files).toContain("bpftrace/arm64/producer_syscalls_fast.bt");
  });

  test("has everything that a document in it points to", () => {
    const { folder } = installed("in a project");
    const broken = files
      .filter((path) => path.endsWith(".md"))
      .flatMap((path) =>
        [...readFileSync(join(folder, path), "utf8").matchAll(/\]\((?![a-z]+:|#)([^)\s#]+)/g)]
          .map(([, link = ""]) => join(dirname(path), link))
          .filter((target) => !existsSync(join(folder, target)))
          .map((target) => `${path} → ${target}`),
      );
    expect(broken).toEqual([]);
  });

  test("imports Node's modules, its own files and its dependencies only", () => {
    const { folder } = installed("in a project");
    const code = files.filter((path) => /^dist\/.*\.js$/.test(path));
    const imports = code.flatMap((path) =>
      [...readFileSync(join(folder, path), "utf8").matchAll(IMPORTED)].map(([, from, name = from]) => name ?? ""),
    );
    const packages = new Set(imports.filter((name) => !isBuiltin(name)));
    expect([...packages]).toEqual(Object.keys(MANIFEST.dependencies));
  });
});

describe.each(["in a project", "globally", "globally, as a link"])(`installed %s, on ${NODE}`, (how) => {
  test("each command is there and prints the version or its help", () => {
    for (const name of Object.keys(MANIFEST.bin)) {
      const isScript = name.endsWith(".sh");
      const { stdout, stderr, status } = packed.run(installed(how), "/", [name, isScript ? "--help" : "--version"]);
      expect({ name, stderr, status }).toEqual({ name, stderr: "", status: 0 });
      expect(stdout).toContain(isScript ? `  ${name} [TRANSPORT` : `${MANIFEST.version}\n`);
    }
  });

  test("aggregator, launch-producers.sh and ipc-lab verify work in another directory", async () => {
    const directory = temporaryDirectory();
    const { bin } = installed(how);
    const aggregator = new RunningProgram(join(bin, "aggregator"), ["unixsock"], {
      cwd: directory,
      env: packed.environment(directory),
    });
    await aggregator.event("listening");
    expect(readlinkSync(`/proc/${aggregator.child.pid}/exe`)).toBe(realpathSync(NODE));
    const words = ["launch-producers.sh", "unixsock", "3", "10", "--", "-n", "7", "-i", "1ms"];
    const launched = packed.run(installed(how), directory, words);
    expect({ stderr: launched.stderr, status: launched.status }).toEqual({ stderr: "", status: 0 });
    aggregator.child.kill("SIGTERM");
    expect(await aggregator.event("closed")).toMatchObject({ received: 21, stored: 21, residue: 0 });
    const verify = ["ipc-lab", "verify", "aggregated_logs.jsonl", "--expect", "lines=21,producers=3"];
    expect(packed.run(installed(how), directory, verify)).toMatchObject({ status: 0, stderr: "" });
  });

  test("ipc-lab demo runs every transport", () => {
    const words = ["ipc-lab", "demo", "--count", "2", "--interval", "10ms", "--json"];
    const { stdout, status } = packed.run(installed(how), temporaryDirectory(), words);
    const printed: { sent: number; stored: number }[] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const rows = printed.slice(0, -1);
    expect({ status, rows: rows.length }).toEqual({ status: 0, rows: 5 });
    for (const { sent, stored } of rows) expect({ sent, stored }).toEqual({ sent: 10, stored: 10 });
  });

  test("ipc-lab has the help of each of its commands", () => {
    const listed = packed.run(installed(how), "/", ["ipc-lab", "--help"]).stdout.split("\nCommands:\n")[1] ?? "";
    const names = [...listed.matchAll(/^ {2}(\w+)/gm)].map(([, name = ""]) => name).filter((name) => name !== "help");
    expect(names).toEqual(expect.arrayContaining(["demo", "verify", "trace", "scripts"]));
    for (const name of names) {
      const { stdout, stderr, status } = packed.run(installed(how), "/", ["ipc-lab", name, "--help"]);
      expect({ name, stderr, status, usage: stdout.split(" [", 1)[0] }).toEqual({
        name,
        stderr: "",
        status: 0,
        usage: `Usage: ipc-lab ${name}`,
      });
    }
  });

  test("ipc-lab scripts names the folder of the bpftrace scripts", () => {
    const { stdout } = packed.run(installed(how), "/", ["ipc-lab", "scripts"]);
    const scripts = readdirSync(stdout.trimEnd()).filter((name) => name.endsWith(".bt"));
    expect(scripts).toEqual(readdirSync(projectFile("bpftrace")).filter((name) => name.endsWith(".bt")));
    for (const name of scripts) expect(statSync(join(stdout.trimEnd(), name)).mode & 0o111).not.toBe(0);
  });
});

test("installed globally, ipc-lab run, report and claims work", () => {
  const cell = ["--scenarios", "reference", "--transports", "fifo", "--repeat", "1", "--collect", "proc"];
  const directory = temporaryDirectory();
  const run = packed.run(installed("globally"), directory, ["ipc-lab", "run", "--quick", ...cell]);
  expect({ status: run.status, found: existsSync(join(directory, "lab-results/results.jsonl")) }).toEqual({
    status: 0,
    found: true,
  });
  const report = packed.run(installed("globally"), directory, ["ipc-lab", "report", "lab-results"]);
  expect({ status: report.status, stderr: report.stderr }).toEqual({ status: 0, stderr: "" });
  expect(readdirSync(join(directory, "lab-results"))).toContain("report.html");
  const claims = packed.run(installed("globally"), directory, ["ipc-lab", "claims", "fifo-atomic"]);
  expect(claims).toMatchObject({ status: 0, stderr: "" });
});

test("installed in a project, the library can be imported", () => {
  const program = 'import("log-aggregator").then((library) => console.log(typeof library.createAggregator))';
  const cwd = join(installed("in a project").folder, "../..");
  expect(execFileSync(NODE, ["-e", program], { cwd, encoding: "utf8" })).toBe("function\n");
});
