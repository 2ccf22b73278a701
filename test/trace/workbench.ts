import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { temporaryAddress } from "../../src/addresses/temporary-address.ts";
import type { TransportName } from "../../src/core/transport-name.ts";
import { parseScriptOutput, type ScriptOutput } from "../../src/lab/trace/script-output.ts";
import { AttachedScript } from "../../src/os/bpftrace.ts";
import { projectFile } from "../../src/os/project-file.ts";
import { bpftrace } from "./tracing.ts";

export type Role = "producer" | "aggregator";

export type ProgramEvent = { readonly event: string } & Record<string, unknown>;

let workbenches = 0;

/**
 * One test's processes and scripts. Its producers and aggregators run under names of their own, which the
 * scripts are told instead of `producer` and `aggregator`: others on the machine are not counted. Everything ends with the test.
 */
export class Workbench {
  readonly directory: string = mkdtempSync(join(tmpdir(), "trace-"));
  readonly #names: Record<Role, string>;
  readonly #children: ChildProcess[] = [];
  readonly #scripts: AttachedScript[] = [];

  constructor() {
    workbenches += 1;
    this.#names = { producer: `p${process.pid}-${workbenches}`, aggregator: `a${process.pid}-${workbenches}` };
    onTestFinished(() => this.#close());
  }

  /** The role's process name here. */
  name(role: Role): string {
    return this.#names[role];
  }

  /** Attaches a script of bpftrace/, or the text of one. */
  async attach(script: string): Promise<AttachedScript> {
    const text = script.endsWith(".bt") ? readFileSync(projectFile(`bpftrace/${script}`), "utf8") : script;
    const { producer, aggregator } = this.#names;
    const named = text.replaceAll('"producer"', `"${producer}"`).replaceAll('"aggregator"', `"${aggregator}"`);
    return this.attachAsIs(named);
  }

  /** Attaches the text of a script that selects processes in another way than by this workbench's names. */
  async attachAsIs(text: string): Promise<AttachedScript> {
    const attached = await AttachedScript.attach(bpftrace, text);
    this.#scripts.push(attached);
    return attached;
  }

  /** Starts Node under the role's name. Its stdout goes to a file. */
  start(role: Role, args: readonly string[], stdout: "pipe" | "file" = "file"): ChildProcess {
    return this.run(this.linkTo(role, process.execPath), args, stdout);
  }

  /** Starts Node under the role's name with a socket pair for each of its streams and for messages, as Node does it for children. */
  startWithSockets(role: Role, args: readonly string[]): ChildProcess {
    const stdio: StdioOptions = ["pipe", "pipe", "pipe", "ipc"];
    return this.#started(spawn(this.linkTo(role, process.execPath), args, { stdio, cwd: this.directory }));
  }

  /** Starts any program under the role's name. */
  startAs(role: Role, program: string, args: readonly string[]): ChildProcess {
    return this.run(this.linkTo(role, program), args);
  }

  /** Starts a program under its own name. */
  run(command: string, args: readonly string[], stdout: "pipe" | "file" = "file"): ChildProcess {
    const output = stdout === "pipe" ? "pipe" : openSync(join(this.directory, "stdout"), "a");
    return this.#started(spawn(command, args, { stdio: ["pipe", output, "inherit"], cwd: this.directory }));
  }

  #started(child: ChildProcess): ChildProcess {
    this.#children.push(child);
    return child;
  }

  /** Starts the real aggregator, reachable when this resolves. */
  async aggregator(transport: TransportName, ...args: readonly string[]): Promise<RunningAggregator> {
    const endpoint = temporaryAddress(transport, this.directory);
    const program = projectFile("dist/bin/aggregator.js");
    const child = this.start("aggregator", [program, endpoint, "--no-status", "--log-level", "warn", ...args], "pipe");
    const running = new RunningAggregator(child);
    const listening = await running.event("listening");
    running.endpoint = `${transport}=${listening["address"]}`;
    return running;
  }

  /** Runs real producers at once, and waits for them. */
  async producers(count: number, endpoint: string, ...args: readonly string[]): Promise<void> {
    const program = projectFile("dist/bin/producer.js");
    const started = Array.from({ length: count }, () =>
      this.start("producer", [program, endpoint, "--log-level", "warn", ...args]),
    );
    const codes = await Promise.all(started.map(ended));
    if (codes.some((code) => code !== 0)) throw new Error(`producers ended with ${codes.join(", ")}`);
  }

  /** A symbolic link is enough: the kernel takes the name from the path that is executed. */
  linkTo(role: Role, program: string): string {
    const link = join(this.directory, this.#names[role]);
    rmSync(link, { force: true });
    symlinkSync(program, link);
    return link;
  }

  async #close(): Promise<void> {
    const alive = this.#children.filter((child) => child.exitCode === null && child.signalCode === null);
    for (const child of alive) child.kill("SIGKILL");
    await Promise.all(alive.map(ended));
    for (const script of this.#scripts) await script[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The aggregator of a workbench. */
export class RunningAggregator {
  endpoint = "";
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcess) {
    this.child = child;
    if (child.stdout === null) throw new Error("no stdout");
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async event(name: string): Promise<ProgramEvent> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`the aggregator ended without a "${name}" event`);
      const event: ProgramEvent = JSON.parse(value);
      if (event.event === name) return event;
    }
  }

  /** Ends it. Returns its account. */
  async stop(): Promise<ProgramEvent> {
    this.child.kill("SIGTERM");
    return this.event("closed");
  }
}

/** The exit status, once the process has ended; null after a signal. */
export async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

export async function outputOf(script: AttachedScript): Promise<ScriptOutput> {
  return parseScriptOutput(await script.stop());
}
