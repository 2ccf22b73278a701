import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, type TestContext, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { ConsumerProject } from "../support/consumer-project.ts";
import { readPage } from "../support/doc-samples.ts";
import { freePort } from "../support/nats/free-port.ts";
import { RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** The code blocks of docs/pino.md and docs/senders.md that have a name. They run as they stand, apart from paths and ports. */
const BLOCK = /^<!-- (?:recipe|example): (.*) -->\n```\w+\n([\s\S]*?)^```$/gm;
const recipes: ReadonlyMap<string, string> = new Map(
  ["docs/pino.md", "docs/senders.md"].flatMap((page) =>
    [...readPage(page).matchAll(BLOCK)].map(([, name = "", code = ""]) => [name, code] as const),
  ),
);

let project: ConsumerProject;
let port = 0;
let output = "";
let aggregator: RunningProgram;

beforeAll(() => {
  project = new ConsumerProject(["pino", "winston"]);
  // The commands, as an installation has them.
  project.write("producer", `#!/bin/sh\nexec ${process.execPath} ${projectFile("dist/bin/producer.js")} "$@"\n`);
  chmodSync(join(project.folder, "producer"), 0o755);
}, 60_000);

afterAll(() => project.remove());

beforeEach(async () => {
  port = await freePort();
  output = join(temporaryDirectory(), "out.jsonl");
  const paths = ["unixsock=log.sock", "unixgram=log.gram", "fifo=log.fifo"];
  const endpoints = [...paths, `tcp=127.0.0.1:${port}`, `udp=127.0.0.1:${port}`];
  const args = [projectFile("dist/bin/aggregator.js"), ...endpoints, "-o", output];
  aggregator = new RunningProgram(process.execPath, args, { cwd: project.folder });
  for (const endpoint of endpoints) await aggregator.line(({ transport }) => transport === endpoint.split("=")[0]);
});

/** The lines that were stored when the aggregator has read everything. */
async function stored(): Promise<Record<string, unknown>[]> {
  aggregator.child.kill("SIGTERM");
  expect(await aggregator.event("closed")).toMatchObject({ residue: 0 });
  const lines = readFileSync(output, "utf8").split("\n");
  return lines.slice(0, -1).map((line): Record<string, unknown> => JSON.parse(line));
}

/** The code of a recipe for this test's aggregator. */
function recipe(wanted: string): string {
  const code = recipes.get(wanted);
  if (code === undefined) throw new Error(`no recipe "${wanted}"`);
  return code.replaceAll("/tmp/", `${project.folder}/`).replaceAll("9000", String(port));
}

/** Runs a program to its end, which must be a good one. */
function run(command: string, ...args: string[]): void {
  const env = { ...process.env, PATH: `${project.folder}:${process.env["PATH"]}` };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: project.folder, env, encoding: "utf8" });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: expect.any(String), stderr: "" });
}

function skipWithout(context: TestContext, command: string): void {
  if (spawnSync(command, ["--version"]).error !== undefined) context.skip(`${command} is missing`);
}

describe("docs/pino.md", () => {
  test.each([
    ["node16", "node16"],
    ["esnext", "bundler"],
  ])("its examples compile as %s with module resolution %s", (module, resolution) => {
    for (const name of ["pino", "worker", "tls"]) project.write(`${name}.ts`, recipe(name));
    const files = ["pino.ts", "worker.ts", "tls.ts"];
    expect(project.compile(files, "--module", module, "--moduleResolution", resolution, "--noEmit")).toBe("");
  });

  test("the types offer nothing that isn't there", () => {
    project.write(
      "wrong.ts",
      'import { destination } from "log-aggregator/pino";\ndestination({ to: "tcp", akc: true });\n',
    );
    expect(project.compile(["wrong.ts"], "--module", "node16", "--noEmit")).toContain("'akc' does not exist in type");
  });

  test.each(["pino", "worker"])("the example %s sends a line", async (name) => {
    project.write(`${name}.mjs`, recipe(name));
    run(process.execPath, `${name}.mjs`);
    expect(await stored()).toMatchObject([{ level: 30, user: 7, msg: "logged in" }]);
  });
});

describe("docs/senders.md", () => {
  test.each([
    ["winston", { level: "info", message: "logged in", user: 7 }],
    ["console, wrapped", { level: "log", message: "user 7 logged in" }],
  ])("%s", async (name, line) => {
    project.write("recipe.mjs", recipe(name));
    run(process.execPath, "recipe.mjs");
    expect(await stored()).toMatchObject([line]);
  });

  test("console, redirected", async () => {
    run("sh", "-c", `set -e; ${recipe("console, redirected").replace("producer", "producer --log-level warn")}`);
    const lines = await stored();
    expect(lines.map(({ _raw, stream }) => [_raw, stream])).toEqual(
      expect.arrayContaining([
        ["logged in", "stdout"],
        ["a warning", "stderr"],
      ]),
    );
  });

  test("python", async (context) => {
    skipWithout(context, "python3");
    run("python3", "-c", recipe("python"));
    const line = { level: "WARNING", logger: "app", message: "user 7 logged in" };
    expect(await stored()).toMatchObject([line, line, line, line]);
  });

  test("python, acknowledged", async (context) => {
    skipWithout(context, "python3");
    run("python3", "-c", recipe("python, acknowledged"));
    expect((await stored()).map(({ user }) => user)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  test.each([
    ["shell, fifo", "sh", ["backup done"]],
    ["shell, socat", "socat", ["over unixsock", "over unixgram", "over udp"]],
    ["shell, bash", "bash", ["one", "two"]],
  ] as const)("%s", async (name, command, messages) => {
    expect(spawnSync(command, ["-c", ""]).error, `${command} is missing`).toBeUndefined();
    run(command === "bash" ? "bash" : "sh", "-ec", recipe(name));
    expect((await stored()).map(({ message }) => message).toSorted()).toEqual([...messages].toSorted());
  });

  test("logger", async (context) => {
    skipWithout(context, "logger");
    run("sh", "-ec", recipe("logger"));
    const raw = (await stored()).map(({ _raw }) => String(_raw)).toSorted();
    const headed = /^<13>1 \S+ \S+ backup - - \[timeQuality .*\] over (tcp|udp)$/;
    expect(raw).toEqual([
      expect.stringMatching(headed),
      expect.stringMatching(headed),
      expect.stringMatching(/^<13>\w{3} [ \d]\d [\d:]{8} backup: over unixgram$/),
    ]);
  });

  // Without systemd as the first process, what can be tested is the unit's syntax, and what its command sends when its
  // output is the FIFO.
  test.each(["systemd, fifo", "systemd, producer"])("%s", async (name) => {
    const unit = recipe(name);
    const field = (key: string): string => new RegExp(`^${key}=(.*)$`, "m").exec(unit)?.[1] ?? "";
    const command = field("ExecStart").replace("/usr/local/bin/", `${project.folder}/`);
    const target = field("StandardOutput").replace("file:", "");
    run("sh", "-ec", target === "" ? command : `${command} > ${target}`);
    const host = readFileSync("/etc/hostname", "utf8").trim();
    expect((await stored()).map(({ _raw }) => _raw)).toEqual([host]);
    project.write("recipe.service", unit.replace("/usr/local/bin/", `${project.folder}/`));
    const verified = spawnSync("systemd-analyze", ["verify", "recipe.service"], {
      cwd: project.folder,
      encoding: "utf8",
    });
    if (verified.error === undefined) expect(verified.stderr).not.toContain("recipe.service:");
  });
});
