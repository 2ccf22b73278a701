import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { parseEndpoint } from "../../src/addresses/endpoint-argument.ts";
import type { Endpoint } from "../../src/core/endpoint.ts";
import { isTransportName, type TransportName } from "../../src/core/transport-name.ts";
import type { Ledger, TransportLedger } from "../../src/ledger/ledger.ts";
import { pathRulesOf } from "../../src/transports/registry.ts";
import { passing } from "./passed-sockets.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** The built command. */
export const AGGREGATOR: string = fileURLToPath(new URL("../../dist/bin/aggregator.js", import.meta.url));

/** The default name of the output file. */
const OUTPUT = "aggregated_logs.jsonl";

export interface ListeningEvent {
  readonly event: "listening";
  readonly transport: TransportName;
  readonly address: string;
  readonly receiveBufferBytes?: number;
  readonly inherited?: true;
  readonly earlierDrops?: number;
}

export interface ClosedEvent extends Ledger {
  readonly event: "closed";
  readonly seconds: number;
}

/** How an aggregator ended. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An aggregator that was stopped by a signal, and the account it gave. */
export interface Stopped extends Ended {
  readonly ledger: ClosedEvent;
}

export interface AggregatorSettings {
  /** Working directory; a new one unless given. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sockets and FIFOs that it gets as descriptors from 3 on, and their names. */
  readonly passed?: readonly number[];
  readonly names?: string;
}

/** A built aggregator, running in a directory of its own. It never outlives its test. */
export class AggregatorProcess {
  readonly cwd: string;
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #watches: (() => void)[] = [];
  #stdout = "";
  #stderr = "";
  #over = false;

  /** Starts it without waiting for anything. */
  constructor(args: readonly string[], settings: AggregatorSettings = {}) {
    this.cwd = settings.cwd ?? temporaryDirectory();
    const plain = [process.execPath, AGGREGATOR, ...args];
    const { passed, names } = settings;
    const {
      command,
      env: more,
      stdio,
    } = passed ? passing(plain, passed, names) : { command: plain, env: {}, stdio: [] };
    const env = { PATH: process.env["PATH"] ?? "", XDG_RUNTIME_DIR: this.cwd, ...more, ...settings.env };
    const [program = "", ...rest] = command;
    const child = spawn(program, rest, { cwd: this.cwd, env, stdio: ["ignore", "pipe", "pipe", ...stdio] });
    this.#child = child;
    this.pid = child.pid ?? 0;
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await this.ended;
    });
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#notify();
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#notify();
    });
    this.ended = once(child, "close").then(([status, signal]) => {
      this.#over = true;
      this.#notify();
      return { status, signal, stdout: this.#stdout, stderr: this.#stderr };
    });
  }

  /** Starts it and waits until it listens on `count` addresses. @throws Error with its output when it ends instead */
  static async start(args: readonly string[], settings: AggregatorSettings = {}): Promise<AggregatorProcess> {
    const aggregator = new AggregatorProcess(args, settings);
    const named = args.filter((arg) => isTransportName(arg.split("=")[0] ?? "")).length;
    const count = named > 0 ? named : (settings.passed?.length ?? 0);
    await aggregator.until(() => aggregator.listening.length === count, "to listen");
    return aggregator;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The listening events so far. */
  get listening(): ListeningEvent[] {
    return events(this.#stdout).flatMap((event) => (event.event === "listening" ? [event] : []));
  }

  /** The address at which it listens with that transport. */
  endpoint(transport: TransportName): Endpoint {
    const event = this.listening.find((listening) => listening.transport === transport);
    if (event === undefined) throw new Error(`no ${transport} here`);
    return parseEndpoint(`${transport}=${event.address}`, pathRulesOf, () => {
      throw new Error("an event without an address");
    });
  }

  /** What is in its output file. */
  stored(name: string = OUTPUT): string {
    return readFileSync(join(this.cwd, name), "latin1");
  }

  /** The lines of its output file, which ends in LF. */
  storedLines(): string[] {
    const lines = this.stored().split("\n");
    expect(lines.pop()).toBe("");
    return lines;
  }

  /** Resolves once the condition holds; it is checked whenever the program prints something. */
  async until(condition: () => boolean, what: string): Promise<void> {
    while (!condition()) {
      if (this.#over) throw new Error(`the aggregator ended instead ${what}:\n${this.#stdout}${this.#stderr}`);
      await new Promise<void>((resolve) => this.#watches.push(resolve));
    }
  }

  /** Resolves once the output file has at least this size. */
  async grown(bytes: number, name: string = OUTPUT): Promise<void> {
    const path = join(this.cwd, name);
    const changes = watch(this.cwd, { persistent: false });
    const changed = (): Promise<unknown> => once(changes, "change");
    try {
      for (let next = changed(); (statSync(path, { throwIfNoEntry: false })?.size ?? 0) < bytes; next = changed()) {
        await Promise.race([next, this.ended]);
        if (this.#over) throw new Error(`the aggregator ended instead of storing ${bytes} bytes:\n${this.#stderr}`);
      }
    } finally {
      changes.close();
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Stops it by a signal, and expects what every stop promises: a ledger that adds up. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Stopped> {
    this.kill(signal);
    const ended = await this.ended;
    const ledger = closedEvent(ended);
    expect(ledger.residue).toBe(0);
    return { ...ended, ledger };
  }

  #notify(): void {
    for (const watch of this.#watches.splice(0)) watch();
  }
}

/** Runs it to its end, for arguments with which it ends by itself. */
export async function runAggregator(args: readonly string[], settings: AggregatorSettings = {}): Promise<Ended> {
  return new AggregatorProcess(args, settings).ended;
}

/** Runs it to its end without root's capability to read and search everything. */
export function runUnprivileged(args: readonly string[], cwd: string): { status: number | null; stderr: string } {
  const isRoot = process.geteuid?.() === 0;
  const under = isRoot ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : [];
  const [program = "", ...rest] = [...under, process.execPath, AGGREGATOR, ...args];
  return spawnSync(program, rest, { cwd, encoding: "utf8", timeout: 20_000 });
}

/** The account of one transport. */
export function accountOf(ledger: Ledger, transport: TransportName): TransportLedger {
  const found = ledger.transports.find((account) => account.transport === transport);
  if (found === undefined) throw new Error(`no ${transport} in the ledger`);
  return found;
}

/** The only diagnostic of that level, parsed. */
export function diagnostic(ended: { stderr: string }, level: string): { msg: string; code?: string } {
  const lines: { level: string; msg: string }[] = ended.stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const found = lines.filter((line) => line.level === level);
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`${found.length} of level ${level}: ${ended.stderr}`);
  return first;
}

function closedEvent(ended: Ended): ClosedEvent {
  const last = events(ended.stdout).at(-1);
  if (last?.event === "closed") return last;
  throw new Error(`no ledger at the end (status ${ended.status}, ${ended.signal}):\n${ended.stdout}${ended.stderr}`);
}

function events(stdout: string): (ListeningEvent | ClosedEvent)[] {
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
