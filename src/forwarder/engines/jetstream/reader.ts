import {
  AckPolicy,
  type Consumer,
  DeliverPolicy,
  type JetStreamManager,
  type JsMsg,
  jetstreamManager,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { crc32 } from "../../../checkpoint/crc32.ts";
import { OperationalError } from "../../../core/errors.ts";
import type { AuditedBlock } from "../../audit.ts";
import { Backoff } from "../../backoff.ts";
import type { Credentials } from "../engine-kind.ts";
import { unpacked } from "../packing.ts";
import { openConnection } from "./connection.ts";
import { failureOf } from "./failures.ts";
import { contentOf } from "./headers.ts";

/** Messages that are asked for together: of the longest blocks, they fit in memory. */
const FETCH_MESSAGES = 32;
const FETCH_MS_MAX = 2000;
const ASK_MS_MAX = 2000;
/** A consumer that nobody uses any more is removed by the server after this time. */
const CONSUMER_MS_MAX = 30_000;

/** Of a block that can't be unpacked. */
const NOTHING: Buffer = Buffer.alloc(0);

export interface ReadOptions {
  readonly servers: readonly string[];
  readonly credentials: Credentials;
  readonly stream: string;
  /** Of this host only. */
  readonly host: string | undefined;
  /** Stored since then. */
  readonly since: Date | undefined;
  /** Wait for more at the end. */
  readonly isFollowing: boolean;
  readonly stop: AbortSignal;
  /** The stream can't be read for now; it is tried again. */
  waiting(reason: string): void;
}

/** A block and what it says of itself. */
export interface ReadBlock {
  readonly bytes: Buffer;
  readonly block: AuditedBlock;
}

/** What is counted while a stream is read. */
export interface ReadTally {
  blocks: number;
  lines: number;
  bytes: number;
  /** Messages that no forwarder has sent; they are left out. */
  foreign: number;
  /** Blocks whose bytes are not those that were sent; they are read all the same, if they can be unpacked. */
  damaged: number;
}

/** Reads the blocks of a stream in order, each once, whatever connections do. Made once, read once. */
export class StreamReader {
  readonly tally: ReadTally = { blocks: 0, lines: 0, bytes: 0, foreign: 0, damaged: 0 };
  readonly #options: ReadOptions;
  readonly #backoff = new Backoff();
  /** Of the last message that was read; undefined before the first. */
  #sequence: number | undefined;
  /** Where reading ends. */
  #goal: number | undefined;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  /** @throws OperationalError ENGINE_REFUSED */
  async *read(): AsyncGenerator<ReadBlock> {
    let isWaiting = false;
    while (!this.#options.stop.aborted) {
      try {
        for await (const found of this.#connection()) {
          isWaiting = false;
          yield found;
        }
        return;
      } catch (error) {
        const failure = failureOf(error, `stream ${this.#options.stream} at ${this.#options.servers.join(",")}`);
        if (failure.remedy === "giveUp")
          throw new OperationalError("ENGINE_REFUSED", failure.message, { cause: error });
        if (!isWaiting) this.#options.waiting(failure.message);
        isWaiting = true;
        await new Promise((resolve) => setTimeout(resolve, this.#backoff.next()));
      }
    }
  }

  /** One connection. Ends at the stream's end, or when it is to stop. */
  async *#connection(): AsyncGenerator<ReadBlock> {
    const { servers, credentials, stream, stop, isFollowing } = this.#options;
    const connection = await openConnection(servers, credentials);
    const close = (): void => void connection.close();
    stop.addEventListener("abort", close, { once: true });
    try {
      const manager = await jetstreamManager(connection, { timeout: ASK_MS_MAX, checkAPI: false });
      const { state } = await manager.streams.info(stream);
      this.#goal ??= state.last_seq;
      this.#backoff.reset();
      const consumer = await this.#consumer(manager);
      let { num_pending: pending } = await consumer.info(true);
      for (let number = 1; isFollowing || (pending > 0 && (this.#sequence ?? 0) < this.#goal); ) {
        const messages = isFollowing ? FETCH_MESSAGES : Math.min(FETCH_MESSAGES, pending);
        for await (const message of await consumer.fetch({ max_messages: messages, expires: FETCH_MS_MAX })) {
          const { info } = message;
          if (info.deliverySequence !== number++) throw new Error("messages were left out on the way");
          pending = info.pending;
          this.#sequence = message.seq;
          const found = this.#accept(message);
          if (found !== undefined) yield found;
        }
        if (connection.isClosed()) throw new Error("the connection is lost");
      }
    } catch (error) {
      if (!stop.aborted) throw error;
    } finally {
      stop.removeEventListener("abort", close);
      await connection.close();
    }
  }

  async #consumer(manager: JetStreamManager): Promise<Consumer> {
    const { stream, since } = this.#options;
    const from =
      this.#sequence !== undefined
        ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.#sequence + 1 }
        : since !== undefined
          ? { deliver_policy: DeliverPolicy.StartTime, opt_start_time: since.toISOString() }
          : { deliver_policy: DeliverPolicy.All };
    const info = await manager.consumers.add(stream, {
      ...from,
      ack_policy: AckPolicy.None,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(CONSUMER_MS_MAX),
    });
    return manager.jetstream().consumers.getConsumerFromInfo(info);
  }

  #accept(message: JsMsg): ReadBlock | undefined {
    const content = contentOf(message.headers, message.seq);
    if (content === undefined) {
      this.tally.foreign++;
      return undefined;
    }
    const { host } = this.#options;
    if (host !== undefined && content.host !== host) return undefined;
    const { encoding, ...block } = content;
    const data = Buffer.from(message.data.buffer, message.data.byteOffset, message.data.length);
    const bytes = unpacked(data, encoding, content.length) ?? NOTHING;
    this.tally.blocks++;
    this.tally.lines += content.lines;
    this.tally.bytes += bytes.length;
    const isDamaged = bytes.length !== content.length || crc32(bytes) !== content.crc;
    if (isDamaged) this.tally.damaged++;
    return { bytes, block: { ...block, isDamaged } };
  }
}
