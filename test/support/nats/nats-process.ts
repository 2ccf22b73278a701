import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { contentOf } from "../../../src/forwarder/engines/jetstream/headers.ts";
import { unpacked } from "../../../src/forwarder/engines/packing.ts";
import { freePort } from "./free-port.ts";
import { NATS, type NatsProgram, WITHOUT_NATS } from "./nats-programs.ts";

/** A server that hangs is left after this time. */
const CONNECT_MS_MAX = 2000;
/** A question that a cluster without a leader doesn't answer is given up after this time. */
const ASK_MS_MAX = 1000;

/** A request for messages that was lost is repeated after this time. */
const PULL_MS = 2000;

export interface UserSettings {
  readonly user?: string;
  readonly pass?: string;
}

export interface NatsSettings {
  /** An empty folder of its own. */
  readonly directory: string;
  /** Lines of its configuration. */
  readonly settings?: string;
  /** What belongs to its configuration of JetStream, for instance `sync_interval: always`. */
  readonly jetstream?: string;
  /** Who asks it, where only some users may. */
  readonly user?: UserSettings;
  readonly program?: NatsProgram;
}

/** A message of a stream. */
export interface StoredMessage {
  readonly bytes: Buffer;
  readonly file: string;
  readonly offset: number;
  readonly host: string;
}

/** A nats-server with JetStream. It doesn't depend on vitest, because fault rows and the demo use it, too. */
export class NatsProcess implements AsyncDisposable {
  readonly directory: string;
  readonly #user: UserSettings;
  #settings: string;
  readonly #jetstream: string;
  readonly #program: NatsProgram;
  #child: ChildProcess | undefined;
  #port = 0;

  /** @throws where there is no nats-server */
  constructor({ directory, settings = "", jetstream = "", program = NATS, user = {} }: NatsSettings) {
    if (program === undefined) throw new Error(WITHOUT_NATS);
    this.directory = directory;
    this.#settings = settings;
    this.#jetstream = jetstream;
    this.#program = program;
    this.#user = user;
  }

  get port(): number {
    return this.#port;
  }

  /** As clients write it: `127.0.0.1:4222`. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get url(): string {
    return `nats://${this.address}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Starts it, the second time on the same port. Resolves when clients can connect. */
  async start(): Promise<void> {
    this.#port ||= await freePort();
    this.#configure();
    // Ends with this process, whatever ends it.
    const command = ["--pdeathsig", "KILL", this.#program.path, "-c", this.#config];
    const child = spawn("setpriv", command, { stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    const printed: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      printed.push(line);
      if (line.includes("Server is ready")) break;
    }
    if (child.exitCode !== null || !printed.at(-1)?.includes("Server is ready")) throw new Error(printed.join("\n"));
    child.stderr.resume();
  }

  /** Changes lines of its configuration while it runs. */
  async reload(settings: string): Promise<void> {
    this.#settings = settings;
    this.#configure();
    const { stderr } = this.#child ?? {};
    if (stderr == null) throw new Error("the server isn't running");
    const reloaded = new Promise<void>((resolve) => {
      stderr.on("data", (text: Buffer) => {
        if (text.includes("Reloaded server configuration")) resolve();
      });
    });
    this.signal("SIGHUP");
    await reloaded;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it, and waits for that. */
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
    const connection = await connect({
      ...this.#user,
      servers: this.address,
      reconnect: false,
      timeout: CONNECT_MS_MAX,
    });
    try {
      return await question(await jetstreamManager(connection, { checkAPI: false, timeout: ASK_MS_MAX }), connection);
    } finally {
      await connection.close();
    }
  }

  createStream(name: string, config: Record<string, unknown> = {}): Promise<unknown> {
    return this.ask((manager) => manager.streams.add({ name, subjects: ["logs.*"], ...config }));
  }

  /** All messages of a stream, in order. */
  async messages(stream: string): Promise<StoredMessage[]> {
    const found: StoredMessage[] = [];
    await this.eachMessage(stream, (message) => found.push(message));
    return found;
  }

  /** Calls back with each message of a stream, in order. */
  eachMessage(stream: string, each: (message: StoredMessage) => void): Promise<void> {
    return this.ask(async (manager) => {
      const { state } = await manager.streams.info(stream);
      if (state.messages === 0) return;
      const consumer = await manager.jetstream().consumers.get(stream);
      const messages = await consumer.consume({ max_messages: 100, expires: PULL_MS });
      for await (const message of messages) {
        const content = contentOf(message.headers, message.seq);
        const { file = "", offset = 0, host = "", encoding = "", length = 0 } = content ?? {};
        each({ bytes: unpacked(Buffer.from(message.data), encoding, length) ?? Buffer.alloc(0), file, offset, host });
        if (message.seq >= state.last_seq) break;
      }
    });
  }

  /** What was forwarded to a stream. */
  async content(stream: string): Promise<string> {
    return Buffer.concat((await this.messages(stream)).map(({ bytes }) => bytes)).toString("latin1");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #configure(): void {
    const store = `jetstream {\n store_dir: "${this.#store}"\n ${this.#jetstream}\n}`;
    const lines = [`listen: "${this.address}"`, store, this.#settings];
    writeFileSync(this.#config, lines.join("\n"));
  }

  get #config(): string {
    return join(this.directory, "nats.conf");
  }

  get #store(): string {
    return join(this.directory, "store");
  }
}
