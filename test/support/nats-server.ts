import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { onTestFinished } from "vitest";
import { blockOf } from "../../src/forwarder/engines/jetstream/headers.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** Undefined where there is a nats-server; otherwise why tests of it are skipped. */
export const WITHOUT_NATS: string | undefined =
  spawnSync("nats-server", ["--version"]).status === 0
    ? undefined
    : "nats-server is missing; run apt-get install nats-server";

/** A message of a stream. */
export interface StoredMessage {
  readonly bytes: Buffer;
  readonly file: string;
  readonly offset: number;
}

/** A JetStream server with a folder and a port of its own. Ended with its test. */
export class NatsServer {
  readonly directory: string = temporaryDirectory();
  readonly #settings: string;
  #child: ChildProcess | undefined;
  #port = -1;

  private constructor(settings: string) {
    this.#settings = settings;
    onTestFinished(() => this.kill());
  }

  /** @param settings lines of its configuration */
  static async start(settings = ""): Promise<NatsServer> {
    const server = new NatsServer(settings);
    await server.start();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts it, the second time on the same port. */
  async start(): Promise<void> {
    const config = join(this.directory, "nats.conf");
    const lines = [`listen: "127.0.0.1:${this.#port}"`, `jetstream { store_dir: "${this.#store}" }`, this.#settings];
    writeFileSync(config, lines.join("\n"));
    const child = spawn("nats-server", ["-c", config], { stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    const printed: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      printed.push(line);
      const port = /Listening for client connections on .*:(\d+)/.exec(line)?.[1];
      if (port !== undefined) this.#port = Number(port);
      if (line.includes("Server is ready")) break;
    }
    if (child.exitCode !== null || this.#port < 0) throw new Error(printed.join("\n"));
    child.stderr.resume();
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const closed = once(child, "close");
    child.kill(signal);
    await closed;
  }

  /** Copies what a stopped server has stored. */
  snapshot(): void {
    cpSync(this.#store, `${this.#store}.snapshot`, { recursive: true });
  }

  /** Gives a stopped server its earlier content. */
  restore(): void {
    rmSync(this.#store, { recursive: true });
    cpSync(`${this.#store}.snapshot`, this.#store, { recursive: true });
  }

  /** Asks the server something over a connection of its own. */
  async ask<Answer>(
    question: (manager: JetStreamManager, connection: NatsConnection) => Promise<Answer>,
  ): Promise<Answer> {
    const connection = await connect({ servers: `127.0.0.1:${this.#port}`, reconnect: false });
    try {
      return await question(await jetstreamManager(connection), connection);
    } finally {
      await connection.close();
    }
  }

  createStream(name: string, config: Record<string, unknown> = {}): Promise<unknown> {
    return this.ask((manager) => manager.streams.add({ name, subjects: ["logs.*"], ...config }));
  }

  /** All messages of a stream, in order. */
  messages(stream: string): Promise<StoredMessage[]> {
    return this.ask(async (manager) => {
      const { state } = await manager.streams.info(stream);
      const found: StoredMessage[] = [];
      for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
        const message = await manager.streams.getMessage(stream, { seq });
        if (message === null) continue;
        const { file = "", offset = 0 } = blockOf(message.header, seq) ?? {};
        found.push({ bytes: Buffer.from(message.data), file, offset });
      }
      return found;
    });
  }

  /** What was forwarded to a stream. */
  async content(stream: string): Promise<string> {
    return Buffer.concat((await this.messages(stream)).map(({ bytes }) => bytes)).toString("latin1");
  }

  get #store(): string {
    return join(this.directory, "store");
  }
}
