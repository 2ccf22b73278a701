import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from "@nats-io/jetstream";
import { errors, type NatsConnection, nanos } from "@nats-io/transport-node";
import {
  type Acknowledged,
  type Block,
  type Engine,
  EngineError,
  type Opened,
  type Sent,
  type Stored,
} from "../engine.ts";
import type { Credentials, StreamPlan } from "../engine-kind.ts";
import type { CheckNeeds, Finding } from "../finding.ts";
import { type Compression, type Packed, Packer, UNPACKED_BYTES_MAX } from "../packing.ts";
import { checkStream } from "./check.ts";
import { openConnection } from "./connection.ts";
import { failureOf } from "./failures.ts";
import { headersOf } from "./headers.ts";
import { requireLeader } from "./leader.ts";
import { blockBytesMaxOf } from "./stream-findings.ts";
import { isCovered } from "./subjects.ts";
import { type Place, StreamEnd } from "./walk.ts";

/** A stream whose leader has failed elects another one within 7 s; what it didn't answer is sent again. */
const ACKNOWLEDGE_MS_MAX = 5000;
/** Questions without a leader go unanswered. */
const ASK_MS_MAX = 2000;
const STREAM_NOT_FOUND = 10059;

/** A block that is sent as it is. */
const PLAIN: Partial<Packed> = {};

export interface JetStreamOptions extends Place {
  readonly servers: readonly string[];
  readonly host: string;
  /** Nobody else writes to the stream: blocks are sent with the number that the last message must have, without ids. */
  readonly isExclusive: boolean;
  /** Undefined unless it is to be created if it isn't there; with the subject that it takes. */
  readonly createStream: (StreamPlan & { readonly subject: string }) | undefined;
  readonly credentials: Credentials;
  readonly compression: Compression | undefined;
}

/** A connection to a JetStream stream. */
export class JetStreamEngine implements Engine {
  readonly #options: JetStreamOptions;
  readonly #subjectOfErrors: string;
  /** Rejects the blocks that are unanswered: the client itself leaves them pending when the connection is lost. */
  readonly #unanswered = new Set<(error: EngineError) => void>();
  #connection: NatsConnection | undefined;
  #client: JetStreamClient | undefined;
  #manager: JetStreamManager | undefined;
  #lost: EngineError | undefined;
  /** Undefined where blocks are sent as they are. */
  readonly #packer: Packer | undefined;
  #payloadBytesMax = 0;
  /** The number that the last message must have when the next block arrives. */
  #last = 0;

  constructor(options: JetStreamOptions) {
    this.#options = options;
    this.#packer = options.compression === undefined ? undefined : new Packer(options.compression);
    this.#subjectOfErrors = `stream ${options.stream} at ${options.servers.join(",")}`;
  }

  async open(): Promise<Opened> {
    try {
      return await this.#open();
    } catch (error) {
      throw failureOf(error, this.#subjectOfErrors);
    }
  }

  async #open(): Promise<Opened> {
    const { servers, subject, stream, credentials } = this.#options;
    const connection = await openConnection(servers, credentials);
    this.#connection = connection;
    void this.#watch(connection);
    this.#client = jetstream(connection, { timeout: ASK_MS_MAX });
    this.#manager = await jetstreamManager(connection, { timeout: ASK_MS_MAX, checkAPI: false });
    const { config, state } = await this.#stream(this.#manager);
    // A mirror has none.
    const subjects = config.subjects ?? [];
    if (!isCovered(subject, subjects)) {
      const fact = `stream ${stream} doesn't take the subject ${subject}, only ${subjects.join(", ") || "what it mirrors"}`;
      throw new EngineError("giveUp", `${fact}; pass another --subject or --stream`);
    }
    this.#last = state.last_seq;
    this.#payloadBytesMax = blockBytesMaxOf(config, connection.info?.max_payload ?? 0);
    const lineBytesMax = this.#packer === undefined ? this.#payloadBytesMax : UNPACKED_BYTES_MAX;
    return { blockBytesMax: this.#payloadBytesMax, lineBytesMax, sequence: state.last_seq };
  }

  async send(block: Block): Promise<Sent> {
    if (this.#lost !== undefined) throw this.#lost;
    let reject: (error: EngineError) => void = () => {};
    try {
      return await new Promise<Sent>((resolve, refuse) => {
        reject = refuse;
        this.#unanswered.add(reject);
        this.#publish(block).then(resolve, refuse);
      });
    } catch (error) {
      throw failureOf(error, this.#subjectOfErrors);
    } finally {
      this.#unanswered.delete(reject);
    }
  }

  async stored(last: Acknowledged): Promise<Stored> {
    if (this.#client === undefined || this.#manager === undefined) throw new Error("not open");
    try {
      const stored = await new StreamEnd(this.#client, this.#manager, this.#options).compare(last);
      this.#last = stored.sequence;
      return stored;
    } catch (error) {
      throw failureOf(error, this.#subjectOfErrors);
    }
  }

  async bytesOf(sequence: number): Promise<Buffer | undefined> {
    if (this.#client === undefined || this.#manager === undefined) throw new Error("not open");
    try {
      return await new StreamEnd(this.#client, this.#manager, this.#options).bytesOf(sequence);
    } catch (error) {
      throw failureOf(error, this.#subjectOfErrors);
    }
  }

  check(needs: CheckNeeds): AsyncGenerator<Finding, number | undefined> {
    return checkStream(this.#options, needs);
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }

  async #publish(block: Block): Promise<Sent> {
    const packed = this.#packer === undefined ? PLAIN : await this.#packer.pack(block.bytes);
    const { bytes = block.bytes, encoding } = packed;
    if (bytes.length > this.#payloadBytesMax) return this.#refuse(block, bytes.length);
    const { headers, id } = headersOf(block, { host: this.#options.host, encoding });
    const once = this.#options.isExclusive ? { expect: { lastSequence: this.#last++ } } : { msgID: id };
    const options = { ...once, headers, timeout: ACKNOWLEDGE_MS_MAX, retries: 1 };
    const answer = await this.#client?.publish(this.#options.subject, bytes, options);
    // nats-server 2.10 answers so to a block that it had refused before, and hasn't stored.
    if (answer === undefined || answer.seq === 0) {
      const fact = "the server took a block for a duplicate that it doesn't have";
      throw new EngineError("retry", `${this.#subjectOfErrors}: ${fact}`, { isInDoubt: true });
    }
    return { sequence: answer.seq, refusals: [] };
  }

  #refuse({ offset, bytes, lines }: Block, packedBytes: number): Sent {
    const message = `compressed, it has ${packedBytes} bytes, and a message has at most ${this.#payloadBytesMax}`;
    return { sequence: undefined, refusals: [{ reason: "tooLong", offset, length: bytes.length, lines, message }] };
  }

  async #stream(manager: JetStreamManager): Promise<StreamInfo> {
    const { stream, createStream } = this.#options;
    try {
      return requireLeader(await manager.streams.info(stream));
    } catch (error) {
      const isMissing = error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND;
      if (!isMissing || createStream === undefined) throw error;
      return await manager.streams.add({
        name: stream,
        subjects: [createStream.subject],
        storage: StorageType.File,
        retention: RetentionPolicy.Limits,
        discard: DiscardPolicy.Old,
        num_replicas: createStream.replicas,
        max_age: nanos(createStream.maxAgeMs),
        max_bytes: createStream.maxBytes,
      });
    }
  }

  /** Fails what is unanswered when the connection is lost, or when the server says that something isn't allowed. */
  async #watch(connection: NatsConnection): Promise<void> {
    void connection.closed().then((error) => this.#fail(error ?? new Error("the connection is closed")));
    for await (const status of connection.status()) {
      if (status.type === "error" && status.error instanceof errors.PermissionViolationError) this.#fail(status.error);
    }
  }

  #fail(error: Error): void {
    this.#lost ??= failureOf(error, this.#subjectOfErrors);
    for (const reject of this.#unanswered) reject(this.#lost);
  }
}
