import { mkdirSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compareRotatedNames, parseRotatedName } from "../../src/core/rotated-name.ts";
import { TRANSPORT_NAMES, type TransportName } from "../../src/core/transport-name.ts";
import { FaultProgram } from "../../test/support/fault-program.ts";
import { freePort } from "../../test/support/nats/free-port.ts";

const BIN = fileURLToPath(new URL("../../dist/bin", import.meta.url));
export const STREAM = "LOGS";
/** Lines that these producers send are acknowledged, and sent again if they are not. */
export const ACKNOWLEDGED: ReadonlySet<TransportName> = new Set(["unixsock", "tcp"]);
const ROTATE_SIZE = "1MiB";
/** A program that was killed is there again within this time. */
const WAIT = "30s";

/** What producers send. */
export interface Load {
  /** Lines per second of each producer. */
  readonly rate: number;
  readonly seconds: number;
}

/** A producer that was started. */
export interface RunningProducer {
  readonly transport: TransportName;
  readonly program: FaultProgram;
}

/** One of the machines: a folder with an aggregator, a producer on each transport, a forwarder, and a consumer elsewhere. */
export class Host {
  readonly name: string;
  readonly output: string;
  /** What a consumer of the stream prints of this host. */
  readonly readBack: string;
  readonly #endpoints: readonly string[];
  readonly #servers: string;

  private constructor(name: string, directory: string, place: { endpoints: readonly string[]; servers: string }) {
    this.name = name;
    this.output = join(directory, "app.jsonl");
    this.readBack = join(directory, "read-back.jsonl");
    this.#endpoints = place.endpoints;
    this.#servers = place.servers;
  }

  /** @param servers nats:// and their addresses */
  static async make(name: string, parent: string, servers: string): Promise<Host> {
    const directory = join(parent, name);
    mkdirSync(directory);
    const [tcp, udp] = [await freePort(), await freePort()];
    const addresses: Readonly<Record<TransportName, string>> = {
      unixsock: join(directory, "stream.sock"),
      tcp: `127.0.0.1:${tcp}`,
      unixgram: join(directory, "dgram.sock"),
      udp: `127.0.0.1:${udp}`,
      fifo: join(directory, "fifo"),
    };
    const endpoints = TRANSPORT_NAMES.map((transport) => `${transport}=${addresses[transport]}`);
    return new Host(name, directory, { endpoints, servers });
  }

  /** Resolves when it listens on all transports. */
  async startAggregator(): Promise<FaultProgram> {
    let listening = 0;
    const options = ["-o", this.output, "--rotate-size", ROTATE_SIZE, "--log-level", "error"];
    const program = start("aggregator", [...this.#endpoints, ...options], ({ event }) => {
      if (event === "listening") listening++;
    });
    await program.until(() => listening === this.#endpoints.length, "it listened");
    return program;
  }

  /** Resolves when it is connected. */
  async startForwarder(): Promise<FaultProgram> {
    const options = ["--stream", STREAM, "--host", this.name, "--create-stream", "--replicas", "3"];
    const program = start("forwarder", [this.output, "--to", this.#servers, ...options]);
    await program.event("connected");
    return program;
  }

  startConsumer(): FaultProgram {
    const options = ["--stream", STREAM, "--host", this.name, "--follow", "--log-level", "error"];
    const command = [process.execPath, join(BIN, "forwarder.js"), "read", this.#servers, ...options];
    const env = { ...process.env, READ_BACK: this.readBack };
    return new FaultProgram(["sh", "-c", 'exec "$0" "$@" >"$READ_BACK"', ...command], { env });
  }

  /** One on each transport. They begin when their standard input ends. */
  startProducers({ rate, seconds }: Load): RunningProducer[] {
    const pace = ["--rate", String(rate), "--duration", `${seconds}s`, "--wait", WAIT, "--log-level", "error"];
    return TRANSPORT_NAMES.map((transport, at) => {
      const acks = ACKNOWLEDGED.has(transport) ? ["--ack", "--hold"] : ["--hold"];
      const id = ["--id", producerName(this.name, transport)];
      const program = start("producer", [this.#endpoints[at] ?? "", "100", ...pace, ...acks, ...id]);
      return { transport, program };
    });
  }

  /** The output and its rotated files, in the order in which they were written. */
  get files(): string[] {
    const [directory, name] = [dirname(this.output), basename(this.output)];
    const rotated = readdirSync(directory).flatMap((other) => parseRotatedName(name, other) ?? []);
    return [...rotated.sort(compareRotatedNames).map((other) => join(directory, other.name)), this.output];
  }

  get bytesWritten(): number {
    return this.files.reduce((sum, path) => sum + bytesOf(path), 0);
  }

  get bytesReadBack(): number {
    return bytesOf(this.readBack);
  }
}

export function producerName(host: string, transport: TransportName): string {
  return `${host}-${transport}`;
}

/** Starts one of the project's commands. */
export function start(
  name: string,
  args: readonly string[],
  each?: (line: Record<string, unknown>) => void,
): FaultProgram {
  return new FaultProgram([process.execPath, join(BIN, `${name}.js`), ...args], {}, each);
}

/** A file may be renamed at any time, and be counted in the next look. */
function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
