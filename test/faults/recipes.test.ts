import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, type TestContext, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { eventually } from "../support/fault-wait.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const DOCUMENT = readFileSync(new URL("../../docs/recipes.md", import.meta.url), "utf8");
/** Where scripts/unpacked.sh unpacks packages. */
const UNPACKED: string =
  process.env["UNPACKED"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "log-aggregator", "unpacked");

type Tool = "rsyslog" | "syslog-ng";
const PACKAGES: Readonly<Record<Tool, string>> = { rsyslog: "rsyslog", "syslog-ng": "syslog-ng-core" };
const TRIPLET: string = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";

/** The block of the document that follows `<!-- recipe: NAME -->`. */
function recipe(name: string): string {
  const found = DOCUMENT.split(`<!-- recipe: ${name} -->\n\`\`\`\n`)[1]?.split("\n```")[0];
  if (found === undefined) throw new Error(`no recipe "${name}" in docs/recipes.md`);
  return `${found}\n`;
}

/** How a tool is started in the foreground with its own configuration, and nothing of the system's. */
interface Program {
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

function programOf(tool: Tool, directory: string): Program {
  const file = (name: string): string => join(directory, name);
  const rsyslog = ["-n", "-f", file("tool.conf"), "-i", file("tool.pid")];
  const syslogNg = ["-F", "--no-caps", "-f", file("tool.conf"), "--persist-file", file("persist")];
  const args =
    tool === "rsyslog" ? rsyslog : [...syslogNg, "--pidfile", file("tool.pid"), "--control", file("control")];
  const root = join(UNPACKED, PACKAGES[tool]);
  if (!existsSync(root)) return { command: tool === "rsyslog" ? "rsyslogd" : tool, environment: {}, args };
  const below = (...paths: string[]): string[] => paths.map((path) => join(root, path));
  const libraries = below("usr/lib/syslog-ng", `usr/lib/${TRIPLET}`, `lib/${TRIPLET}`);
  const environment = { LD_LIBRARY_PATH: libraries.join(":") };
  const [command = "", modules = ""] =
    tool === "rsyslog"
      ? below("usr/sbin/rsyslogd", `usr/lib/${TRIPLET}/rsyslog`)
      : below("usr/sbin/syslog-ng", "usr/lib/syslog-ng/3.38");
  return { command, environment, args: [...args, tool === "rsyslog" ? "-M" : "--module-path", modules] };
}

/** Starts a tool with a configuration. Skips where it is missing. */
function startTool(context: TestContext, tool: Tool, configuration: string): void {
  const directory = temporaryDirectory();
  const { command, environment, args } = programOf(tool, directory);
  const env = { ...process.env, ...environment };
  const flag = tool === "rsyslog" ? "-v" : "--version";
  if (spawnSync(command, [flag], { env }).status !== 0) {
    context.skip(`${tool} is missing; run scripts/unpacked.sh ${PACKAGES[tool]}`);
  }
  const head = tool === "rsyslog" ? `global(workDirectory="${directory}")\n` : "@version: 3.35\n";
  writeFileSync(join(directory, "tool.conf"), head + configuration);
  const child = spawn(command, args, { env, stdio: ["ignore", "inherit", "inherit"] });
  onTestFinished(async () => {
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  });
}

/** A source of what a tool sends: a socket like /dev/log. */
function sourceOf(tool: Tool, path: string): string {
  return tool === "rsyslog"
    ? `module(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="${path}")\n`
    : `source s_src { unix-dgram("${path}"); };\n`;
}

/** An aggregator for the test's lines. @returns it, and its port */
async function receive(): Promise<{ readonly aggregator: AggregatorProcess; readonly port: string }> {
  const aggregator = await AggregatorProcess.start(["tcp=127.0.0.1:0", "--durability", "none"]);
  const [listening] = aggregator.listening;
  return { aggregator, port: listening?.address.split(":").at(-1) ?? "" };
}

async function arrived(aggregator: AggregatorProcess, lines: string): Promise<void> {
  await eventually(
    () => aggregator.stored().length >= lines.length,
    () => `${aggregator.stored().length} of ${lines.length} bytes arrived`,
  );
  expect(aggregator.stored() === lines).toBe(true);
}

function lines(from: number, count: number): string {
  return Array.from({ length: count }, (_, n) => `{"n":${from + n},"text":"\\u00e4 \\"quoted\\" 50%"}\n`).join("");
}

describe.each<Tool>(["rsyslog", "syslog-ng"])("%s", (tool) => {
  test("reads our file, also after a rotation", async (context) => {
    const { aggregator, port } = await receive();
    const path = join(temporaryDirectory(), "app.jsonl");
    writeFileSync(path, "");
    const configuration = recipe(`${tool} reads`)
      .replaceAll("/var/log/app.jsonl", path)
      .replaceAll("logs.example.com", "127.0.0.1")
      .replaceAll("9000", port);
    startTool(context, tool, configuration);
    appendFileSync(path, lines(0, 2000));
    await arrived(aggregator, lines(0, 2000));
    appendFileSync(path, lines(2000, 10));
    renameSync(path, `${path}.20261126T000000000Z`);
    writeFileSync(path, lines(2010, 500));
    await arrived(aggregator, lines(0, 2510));
  });

  test("sends to an aggregator", async (context) => {
    const { aggregator, port } = await receive();
    const socket = join(temporaryDirectory(), "log");
    startTool(context, tool, sourceOf(tool, socket) + recipe(`${tool} sends`).replaceAll("9000", port));
    await eventually(
      () => existsSync(socket),
      () => `${tool} doesn't listen`,
    );
    for (const text of ["first", 'a "quoted" one', "last"]) {
      const sent = spawnSync("logger", ["--socket", socket, "--tag", "app", "--priority", "user.warning", text]);
      expect(String(sent.stderr)).toBe("");
    }
    await eventually(
      () => aggregator.stored().split("\n").length > 3,
      () => aggregator.stored(),
    );
    const records = aggregator.storedLines().map((line) => JSON.parse(line));
    expect(records.map(({ message }) => message.trim())).toEqual(["first", 'a "quoted" one', "last"]);
    expect(records[0]).toMatchObject({ source: "app", level: "warning", timestamp: expect.stringMatching(/^20\d\d-/) });
  });
});
