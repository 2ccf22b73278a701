import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { FaultProgram, type Line } from "./fault-program.ts";
import type { FaultBench } from "./fault-row.ts";
import type { Tally } from "./fault-tally.ts";
import { NatsCluster } from "./nats/nats-cluster.ts";
import { NumberedLog } from "./numbered-log.ts";
import { judgeStream } from "./stream-judge.ts";

const STREAM = "LOGS";
const LINES_PER_SECOND = 5000;

export interface SceneOptions {
  readonly servers: 1 | 3;
  /** Of the stream. */
  readonly config?: Record<string, unknown>;
}

/** A forwarder that is tested. */
export class TestedForwarder {
  readonly program: FaultProgram;
  /** Connections so far. */
  connections = 0;
  done: Line | undefined;

  /** @param start given what to call for each line that it prints */
  constructor(start: (each: (line: Line) => void) => FaultProgram) {
    this.program = start((line) => {
      if (line["event"] === "connected") this.connections++;
      if (line["event"] === "done") this.done = line;
    });
  }

  /** Resolves when it has made so many connections. */
  connected(connections = 1): Promise<void> {
    return this.program.until(() => this.connections >= connections, `connection ${connections}`);
  }

  /** Resolves when it says that it can't forward for now, after the present connection. */
  async waiting(): Promise<void> {
    const said = (): number => this.program.stderr.split("trying again").length;
    const before = said();
    await this.program.until(() => said() > before, "it lost its connection");
  }
}

/** `forwarder read --follow`, of which each line is looked at as it comes. */
export class FollowingReader {
  readonly program: FaultProgram;
  readonly #tally: Tally;
  /** Lines that it has printed, of which each has the next number. */
  lines = 0;

  constructor(tally: Tally, start: (each: (line: Line) => void) => FaultProgram) {
    this.#tally = tally;
    this.program = start((line) => {
      this.#tally
        .fault("read amiss")
        .check(line["n"] === this.lines, () => `line ${line["n"]} after ${this.lines - 1}`);
      this.lines = Number(line["n"]) + 1;
    });
  }

  /** Resolves when it has printed all lines. */
  printed(lines: number): Promise<void> {
    return this.program.until(() => this.lines >= lines, `line ${lines}`);
  }
}

/** A log that grows, one or three servers, and forwarders between them. Disposing of it ends and removes all. */
export class ForwardingScene implements AsyncDisposable {
  readonly log: NumberedLog;
  readonly cluster: NatsCluster;
  readonly #bench: FaultBench;
  readonly #directory: string;
  readonly #programs: FaultProgram[] = [];
  #stopGrowing: () => void = () => {};
  #observer: NatsConnection | undefined;

  private constructor(bench: FaultBench, directory: string, cluster: NatsCluster) {
    this.#bench = bench;
    this.#directory = directory;
    this.cluster = cluster;
    const logs = join(directory, "logs");
    mkdirSync(logs);
    this.log = new NumberedLog(logs);
  }

  static async start(bench: FaultBench, { servers, config = {} }: SceneOptions): Promise<ForwardingScene> {
    const directory = mkdtempSync(join(tmpdir(), "log-forward-"));
    const cluster = await NatsCluster.start({ directory, servers });
    const scene = new ForwardingScene(bench, directory, cluster);
    await cluster.createStream(STREAM, config);
    return scene;
  }

  /** Starts a forwarder of the log. @param more options; a `--to` among them wins */
  forward(...more: string[]): TestedForwarder {
    const bin = join(this.#bench.dist, "bin", "forwarder.js");
    const to = more.includes("--to") ? [] : ["--to", this.cluster.url];
    const args = [this.log.path, ...to, "--stream", STREAM, "--host", "h", "--linger", "5ms", ...more];
    return new TestedForwarder((each) => {
      const program = new FaultProgram([process.execPath, bin, ...args], {}, each);
      this.#programs.push(program);
      return program;
    });
  }

  /** Starts a reader that follows the stream. */
  follow(): FollowingReader {
    const bin = join(this.#bench.dist, "bin", "forwarder.js");
    const args = ["read", this.cluster.url, "--stream", STREAM, "--follow"];
    return new FollowingReader(this.#bench.tally, (each) => {
      const program = new FaultProgram([process.execPath, bin, ...args], {}, each);
      this.#programs.push(program);
      return program;
    });
  }

  /** Lets the log grow until the returned function is called. */
  growSteadily(): () => void {
    this.#stopGrowing = this.log.growSteadily(LINES_PER_SECOND);
    return this.#stopGrowing;
  }

  /** Calls back at each message that comes to the first server, before the forwarder knows that it is stored. */
  async onMessage(seen: () => void): Promise<void> {
    this.#observer = await connect({ servers: this.cluster.nodes[0]?.address ?? "" });
    this.#observer.subscribe("logs.*", { callback: seen });
    await this.#observer.flush();
  }

  /** Forwards all that is there, and compares the stream with the files. */
  async finish(...more: string[]): Promise<void> {
    const forwarder = this.forward("--once", ...more);
    const { status } = await forwarder.program.ended;
    assert.equal(status, 0, forwarder.program.stderr);
    this.#bench.tally.add("found", Number(forwarder.done?.["found"]));
    await this.judge();
  }

  /** Compares the stream with the files. */
  judge(): Promise<void> {
    return judgeStream(this.#bench.tally, (seen) => this.cluster.eachMessage(STREAM, seen), this.log);
  }

  /** Resolves when the stream has grown. @throws when a forwarder ends meanwhile */
  async progress(): Promise<void> {
    await this.grown(await this.cluster.lastSequence(STREAM));
  }

  /** Resolves when the stream has more messages than this number says. @throws when a forwarder ends meanwhile */
  async grown(sequence: number): Promise<void> {
    const running = this.#programs.filter(({ over }) => !over);
    const ended = running.map(async (program) => {
      await program.ended;
      throw new Error(`a forwarder ended: ${program.stderr.slice(-2000)}`);
    });
    await Promise.race([this.cluster.grown(STREAM, sequence), ...ended]);
  }

  /** Lets an outage last: its length is what is tested. @param ms in the long form; a sixth in the short one */
  outage(ms: number): Promise<void> {
    return pause(this.#bench.long ? ms : ms / 6);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopGrowing();
    await this.#observer?.close();
    await Promise.all(this.#programs.map((program) => program[Symbol.asyncDispose]()));
    await this.cluster[Symbol.asyncDispose]();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
