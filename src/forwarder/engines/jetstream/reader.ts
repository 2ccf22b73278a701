import {
  AckPolicy,
  type Consumer,
  DeliverPolicy,
  type JetStreamManager,
  type JsMsg,
  jetstreamManager,
  type StreamState,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { crc32 } from "../../../checkpoint/crc32.ts";
import { OperationalError } from "../../../core/errors.ts";
import type { AuditedBlock } from "../../audit.ts";
import { Backoff } from "../../backoff.ts";
import { EngineError } from "../engine.ts";
import type { Credentials } from "../engine-kind.ts";
import { unpacked } from "../packing.ts";
import { openConnection } from "./connection.ts";
import { failureOf } from "./failures.ts";
import { contentOf } from "./headers.ts";
import { requireLeader } from "./leader.ts";

/** Messages that are asked for together: of the longest blocks, they fit in memory. */
const FETCH_MESSAGES = 32;
const FETCH_MS_MAX = 2000;
const ASK_MS_MAX = 2000;
/** A consumer that nobody uses any more is removed by the server after this time. */
const CONSUMER_MS_MAX = 30_000;
/**
 * A server that has just become the leader may not know its last messages yet. A stream that is asked so often, for some
 * seconds, and still ends before a message that was read, has lost it.
 */
const SHORT_ANSWERS_MAX = 10;

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
  /** Messages that were removed from the stream between two that were read. */
  removed: number;
}

/** Reads the blocks of a stream in order, each once, whatever connections do. Made once, read once. */
export class StreamReader {
  readonly tally: ReadTally = { blocks: 0, lines: 0, bytes: 0, foreign: 0, damaged: 0, removed: 0 };
  readonly #options: ReadOptions;
  readonly #backoff = new Backoff();
  /** The last message that was read, and when it was stored; undefined before the first. */
  #last: { readonly sequence: number; readonly storedNs: number } | undefined;
  #shortAnswers = 0;
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
        const failure = failureOf(error, this.#subject);
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
      const { state } = requireLeader(await manager.streams.info(stream));
      this.#requireLast(state);
      this.#goal ??= state.last_seq;
      this.#backoff.reset();
      const consumer = await this.#consumer(manager);
      let { num_pending: pending } = await consumer.info(true);
      for (let number = 1; isFollowing || (pending > 0 && (this.#last?.sequence ?? 0) < this.#goal); ) {
        const first = number;
        const messages = isFollowing ? FETCH_MESSAGES : Math.min(FETCH_MESSAGES, pending);
        for await (const message of await consumer.fetch({ max_messages: messages, expires: FETCH_MS_MAX })) {
          const { info } = message;
          if (info.deliverySequence !== number++) throw new Error("messages were left out on the way");
          pending = info.pending;
          if (!this.#isNext(message)) continue;
          const found = this.#accept(message);
          if (found !== undefined) yield found;
        }
        if (connection.isClosed()) throw new Error("the connection is lost");
        // Those that were removed meanwhile, by age or by a purge, don't come. A consumer that is gone is an error here.
        if (number === first) pending = await this.#left(consumer, pending);
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
    // The last message comes again, so that a stream that was set back is noticed.
    const from =
      this.#last !== undefined
        ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.#last.sequence }
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

  /** @returns how many messages the consumer has now. @throws where those that it had before don't come */
  async #left(consumer: Consumer, before: number): Promise<number> {
    const { num_pending: left } = await consumer.info();
    if (before > 0 && left >= before) throw new Error(`${left} messages don't come`);
    return left;
  }

  /** @throws where the stream ends before the last message that was read */
  #requireLast({ last_seq: end }: StreamState): void {
    const { sequence } = this.#last ?? { sequence: 0 };
    if (end >= sequence) this.#shortAnswers = 0;
    else if (++this.#shortAnswers >= SHORT_ANSWERS_MAX) throw this.#setBack(sequence);
    else throw new Error(`it ends with message ${end}, and message ${sequence} has been read`);
  }

  /** Notes a message. @returns whether it hasn't been read before. @throws EngineError */
  #isNext({ seq: sequence, info: { timestampNanos: storedNs } }: JsMsg): boolean {
    const before = this.#last;
    this.#last = { sequence, storedNs };
    if (before === undefined) return true;
    if (before.sequence !== sequence) this.tally.removed += sequence - before.sequence - 1;
    else if (before.storedNs !== storedNs) throw this.#setBack(sequence);
    return before.sequence !== sequence;
  }

  /** The time of its storing, which a message keeps, shows that another one has its number. */
  #setBack(sequence: number): EngineError {
    const fact = `message ${sequence}, which was read, is gone: the stream was set back, or deleted and created anew`;
    return new EngineError("giveUp", `${this.#subject}: ${fact}; read it again, with --since from where you need it`);
  }

  get #subject(): string {
    return `stream ${this.#options.stream} at ${this.#options.servers.join(",")}`;
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
