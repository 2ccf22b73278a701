import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasPath } from "../../src/core/transport-name.ts";
import { FaultProgram, type Line } from "./fault-program.ts";
import { FedProducer, type JournaledLines, JournalingSender, PlainSender } from "./fault-sender.ts";
import { passing } from "./passed-sockets.ts";

export interface LaunchOptions {
  /** What to run it under, such as strace with its arguments. */
  readonly under?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Sockets and FIFOs that it gets as descriptors from 3 on. */
  readonly passed?: readonly number[];
}

/**
 * A directory for one fault row, with its aggregator and all other programs that it starts. Disposing of it ends and
 * removes all.
 */
export class FaultScene implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), "log-fault-"));
  readonly socket: string = join(this.directory, "s");
  readonly output: string;
  readonly #dist: string;
  readonly #programs: FaultProgram[] = [];
  /** The port of the aggregator's tcp listener: chosen by the kernel at the first start, and used again afterwards. */
  port = 0;

  /** @param output the path of the aggregator's output, as this process sees it */
  constructor(dist: string, output?: string) {
    this.#dist = dist;
    this.output = output ?? join(this.directory, "out.jsonl");
    // strace -P finds a descriptor by its path only when the file is there at the start.
    writeFileSync(this.output, "", { flag: "a" });
  }

  program(
    command: readonly string[],
    env?: Readonly<Record<string, string>>,
    each?: (line: Line) => void,
  ): FaultProgram {
    return this.#started(new FaultProgram(command, { cwd: this.directory, env: { ...process.env, ...env } }, each));
  }

  /** Starts an aggregator with these arguments without waiting for anything. */
  launch(
    args: readonly string[],
    { under = [], env = {}, passed = [] }: LaunchOptions = {},
    each?: (line: Line) => void,
  ): FaultProgram {
    const bin = join(this.#dist, "bin", "aggregator.js");
    const plain = [...under, process.execPath, bin, ...args];
    const {
      command,
      env: more,
      stdio,
    } = passed.length === 0 ? { command: plain, env: {}, stdio: [] } : passing(plain, passed);
    const place = { cwd: this.directory, env: { ...process.env, ...env, ...more }, passed: stdio };
    return this.#started(new FaultProgram(command, place, each));
  }

  /**
   * Arguments of an aggregator that listens on unixsock and tcp with `--durability ack` and writes to the scene's
   * output.
   */
  ackedArgs(...more: string[]): string[] {
    return [
      this.endpoint("unixsock"),
      this.endpoint("tcp"),
      "-o",
      this.output,
      "--durability",
      "ack",
      "--log-level",
      "warn",
      ...more,
    ];
  }

  /** Starts such an aggregator and waits until it listens on both. */
  async aggregate(more: readonly string[] = [], options: LaunchOptions = {}): Promise<FaultProgram> {
    const program = this.launch(this.ackedArgs(...more), options);
    await program.until(() => program.events.get("listening")?.["transport"] === "tcp", "it listened");
    this.port = Number(String(program.events.get("listening")?.["address"]).split(":").at(-1));
    return program;
  }

  /** The aggregator's endpoint, as producers name it. */
  endpoint(transport: "unixsock" | "tcp"): string {
    return `${transport}=${hasPath(transport) ? this.socket : `127.0.0.1:${this.port}`}`;
  }

  /** A sender with acknowledgements. */
  sender(transport: "unixsock" | "tcp", producer: string, lines?: JournaledLines): JournalingSender {
    const sender = new JournalingSender(this.#target(transport), producer, lines);
    this.#programs.push(sender.program);
    return sender;
  }

  /** A sender without acknowledgements. @param rate lines per second */
  plainSender(transport: "unixsock" | "tcp", producer: string, rate: number | "max"): PlainSender {
    const sender = new PlainSender(this.#target(transport), producer, rate);
    this.#programs.push(sender.program);
    return sender;
  }

  /** The project's own producer. */
  producer(...args: string[]): FaultProgram {
    return this.program([process.execPath, join(this.#dist, "bin", "producer.js"), ...args, "--log-level", "error"]);
  }

  /**
   * The project's own producer, fed with numbered lines.
   *
   * @param rate lines per second
   * @param args its endpoint and options
   */
  fedProducer(producer: string, rate: number, args: readonly string[]): FedProducer {
    return new FedProducer(this.producer(...args, "--stdin", "--id", producer), producer, rate);
  }

  #started(program: FaultProgram): FaultProgram {
    this.#programs.push(program);
    return program;
  }

  #target(transport: "unixsock" | "tcp"): string {
    return hasPath(transport) ? `unix:${this.socket}` : `127.0.0.1:${this.port}`;
  }

  /**
   * Ends an aggregator in order and checks that its ledger adds up.
   *
   * @param expected the exit status: 3 where lines are lost on purpose
   */
  async stop(aggregator: FaultProgram, expected = 0): Promise<Line> {
    aggregator.kill("SIGTERM");
    const { status } = await aggregator.ended;
    const ledger = aggregator.events.get("closed");
    assert(ledger !== undefined, `no ledger, exit ${status}: ${aggregator.stderr}`);
    assert.equal(ledger["residue"], 0, `the ledger's residue: ${JSON.stringify(ledger)}`);
    assert.equal(status, expected, `exit ${status}: ${JSON.stringify(ledger)} ${aggregator.stderr}`);
    return ledger;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program[Symbol.asyncDispose]()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}
