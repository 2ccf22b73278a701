import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { canTrace } from "../../src/lab/trace/capability.ts";
import { cloneProject } from "../support/clone.ts";
import { type LocalRegistry, serveRegistry } from "../support/local-registry.ts";
import { readmeSections, type Step } from "../support/readme-commands.ts";

/** Runs every command of README.md's code blocks, as written, section by section, in a clone. */
const sections = readmeSections();

/** Everything is below this folder: the clone, what npm installs globally, and what stands for /tmp. */
const folder = mkdtempSync(join(tmpdir(), "log-readme-"));
const clone = join(folder, "clone");
let registry: LocalRegistry;
let environment: NodeJS.ProcessEnv = {};

/** Programs that run until they are stopped, and how they say that they are ready. */
const SERVICES: readonly (readonly [RegExp, string])[] = [
  [/^aggregator /, '"event":"listening"'],
  [/^sudo bpftrace /, "Hit Ctrl-C to end"],
];

beforeAll(async () => {
  cloneProject(clone);
  registry = await serveRegistry();
  mkdirSync(join(folder, "bin"));
  const shim = (name: string, script: string): void =>
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  // The packages are there already, so `npm ci` does only what the project adds to it: the build.
  const npm = spawnSync("sh", ["-c", "command -v npm"], { encoding: "utf8" }).stdout.trim();
  shim("npm", `[ "$1" = ci ] && set -- run --silent prepare\nexec ${npm} "$@"`);
  // Root needs no sudo, and machines where everything is root often have none.
  if (process.getuid?.() === 0) shim("sudo", 'exec "$@"');
  const global = join(folder, "global");
  environment = {
    HOME: folder,
    PATH: `${global}/bin:${folder}/bin:${process.env["PATH"]}`,
    XDG_RUNTIME_DIR: folder,
    npm_config_prefix: global,
    npm_config_registry: registry.url,
    npm_config_audit: "false",
    npm_config_update_notifier: "false",
  };
});

afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

test("README.md has commands in these sections", () => {
  const titles = sections.map(({ title }) => title);
  expect(titles).toEqual(["Demo", "Installation", "Use", "Send from your own program", "Tracing"]);
});

test.for(sections)("README.md, $title: its commands run", async ({ title, steps }, { skip }) => {
  const missing = await whatIsMissing(title, steps);
  if (missing !== undefined) {
    process.stderr.write(`README.md, ${title}: skipped, ${missing}\n`);
    skip(missing);
  }
  const port = await freePort();
  const services: ChildProcess[] = [];
  try {
    for (const step of steps) await perform(step, services, port);
  } finally {
    await stop(services);
  }
});

async function perform(step: Step, services: ChildProcess[], port: number): Promise<void> {
  const text = moved(step, port);
  const ready = SERVICES.find(([pattern]) => step.kind === "shell" && pattern.test(step.text))?.[1];
  if (ready !== undefined) {
    if (step.text.startsWith("aggregator")) await stop(services);
    services.push(await started(text, ready));
    return;
  }
  const words =
    step.kind === "shell" ? ["sh", "-c", text] : step.kind === "python" ? ["python3", "-c", text] : moduleOf(text);
  const [program = "", ...args] = words;
  const child = spawn(program, args, { cwd: clone, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (printed += data));
  const [status] = await once(child, "close");
  expect(status, `${step.text}\n${printed}`).toBe(0);
}

/** The clone is the package that the program imports. */
function moduleOf(text: string): string[] {
  const path = join(clone, "readme-example.mjs");
  writeFileSync(path, text);
  return [process.execPath, path];
}

async function started(text: string, ready: string): Promise<ChildProcess> {
  const child = spawn("sh", ["-c", `exec ${text}`], {
    cwd: clone,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const listeners = text.match(/ (unixsock|tcp|unixgram|udp|fifo)\b/g)?.length ?? 1;
  let printed = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (data) => (printed += data));
    child.stdout.on("data", (data) => {
      printed += data;
      if (printed.split(ready).length > listeners) resolve();
    });
    child.once("close", () => reject(new Error(`${text} ended: ${printed}`)));
  });
  return child;
}

/** Ends what runs; each must end well. */
async function stop(services: ChildProcess[]): Promise<void> {
  for (const child of services.splice(0).reverse()) {
    const ended = once(child, "close");
    child.kill("SIGTERM");
    // bpftrace 0.17 loses a signal that comes while it looks for output; the aggregator would take it as an order to leave.
    const isTracer = child.spawnargs.join().includes("bpftrace");
    const again = isTracer ? setInterval(() => child.kill("SIGTERM"), 1100) : undefined;
    const [status] = await ended.finally(() => clearInterval(again));
    expect(status, child.spawnargs.join(" ")).toBe(0);
  }
}

/** The step with paths below /tmp in the test's folder, and a free port in place of 9000, a command's default too. */
function moved({ kind, text }: Step, port: number): string {
  const there = text.replaceAll("/tmp/", `${folder}/`).replaceAll("9000", String(port));
  return kind === "shell" ? there.replace(/(?<= )(tcp|udp)(?= |$)/g, `$1=127.0.0.1:${port}`) : there;
}

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Why a section can't be run here: a program that is not installed, or no tracing. */
async function whatIsMissing(title: string, steps: readonly Step[]): Promise<string | undefined> {
  if (title === "Tracing") {
    const verdict = await canTrace(process.env["BPFTRACE"] ?? "bpftrace");
    return verdict.able ? undefined : verdict.reason;
  }
  const used = ["socat", "nc", "logger", "python3"].filter((name) =>
    steps.some(({ text, kind }) => kind === name.replace("3", "") || new RegExp(`\\b${name} `).test(text)),
  );
  const missing = used.filter((name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0);
  return missing.length > 0 ? `${missing.join(", ")} not installed` : undefined;
}
