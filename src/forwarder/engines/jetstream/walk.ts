import {
  AckPolicy,
  type ConsumerInfo,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type StreamState,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { type Acknowledged, EngineError, type Stored } from "../engine.ts";
import { unpacked } from "../packing.ts";
import { StoredRuns } from "../stored-runs.ts";
import { blockOf, contentOf } from "./headers.ts";
import { requireLeader } from "./leader.ts";

/** Messages of one fetch, and how long it may take: a server without a leader doesn't answer. */
const FETCH_MESSAGES = 1000;
const FETCH_MS_MAX = 2000;
/** A consumer that nobody uses any more is removed by the server after this time. */
const CONSUMER_MS_MAX = 30_000;
/** Messages at the stream's end that are looked at first when it has lost its end. */
const STEP_MESSAGES = 1024;

/** The stream, and the subject on which this forwarder's blocks are. */
export interface Place {
  readonly stream: string;
  readonly subject: string;
  /** Nobody else may write to the stream. */
  readonly isExclusive: boolean;
}

/** What was found in a part of the stream. Its memory depends on gaps between blocks, and not on the number of messages. */
class Findings {
  readonly runs = new StoredRuns();
  /** The first message of another writer, where only this forwarder's may be. */
  stranger: string | undefined;
  readonly #last: Pick<Acknowledged, "files" | "isThere">;
  /** Before the first block of this forwarder, there may be anything. */
  #isOwnPart: boolean;

  constructor(last: Pick<Acknowledged, "files" | "isThere">, isOwnPart: boolean) {
    this.#last = last;
    this.#isOwnPart = isOwnPart;
  }

  add({ headers, seq, subject }: JsMsg): void {
    const content = contentOf(headers, seq);
    if (content !== undefined && this.#last.files.has(content.file)) {
      this.#isOwnPart = true;
      if (this.#last.isThere(content)) this.runs.add(content);
    } else if (this.#isOwnPart) {
      this.stranger ??= `${seq} of another writer, ${content === undefined ? `subject ${subject}` : `host ${content.host}`}`;
    }
  }
}

/** Reads the headers of a stream's last messages. */
export class StreamEnd {
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #place: Place;

  constructor(client: JetStreamClient, manager: JetStreamManager, place: Place) {
    this.#client = client;
    this.#manager = manager;
    this.#place = place;
  }

  /** Compares what was acknowledged with what is stored. @throws errors of the client, EngineError */
  async compare(last: Acknowledged): Promise<Stored> {
    const { state } = requireLeader(await this.#manager.streams.info(this.#place.stream));
    const hasLostItsEnd = !(await this.#has(last, state));
    const { runs, stranger } = hasLostItsEnd
      ? await this.#searchBack(last, state)
      : await this.#readFrom(last.sequence + 1, state, new Findings(last, true));
    if (this.#place.isExclusive && stranger !== undefined) {
      const remedy = "give each forwarder a stream of its own, or leave out --exclusive-stream";
      throw new EngineError("giveUp", `stream ${this.#place.stream} has message ${stranger}; ${remedy}`);
    }
    return { hasLostItsEnd, sequence: state.last_seq, runs: runs.list };
  }

  /** Reads a block; undefined if it is gone, or can't be unpacked. @throws errors of the client */
  async bytesOf(sequence: number): Promise<Buffer | undefined> {
    const message = await this.#manager.streams.getMessage(this.#place.stream, { seq: sequence });
    const content = contentOf(message?.header, sequence);
    if (message === null || content === undefined) return undefined;
    return unpacked(Buffer.from(message.data), content.encoding, content.length);
  }

  /** Reads the last message in each way in which compare() does. @throws errors of the client */
  async read(state: StreamState): Promise<void> {
    const { stream } = this.#place;
    if (state.messages > 0) {
      await this.#manager.streams.getMessage(stream, { seq: state.last_seq });
      await this.#readFrom(state.last_seq, state, new Findings({ files: new Set(), isThere: () => true }, false));
    } else await this.#manager.consumers.delete(stream, (await this.#consumer(1)).name);
  }

  /** Whether the last acknowledged block is there, or was removed on purpose, as by age: then others follow it. */
  async #has({ sequence, from }: Acknowledged, state: StreamState): Promise<boolean> {
    if (state.last_seq < sequence) return false;
    if (from.size === 0 || sequence === 0 || sequence < state.first_seq) return true;
    const message = await this.#manager.streams.getMessage(this.#place.stream, { seq: sequence });
    return message === null || from.has(blockOf(message.header, sequence)?.file ?? "");
  }

  /** Looks further and further back, until one of the files' blocks is found. */
  async #searchBack(last: Acknowledged, state: StreamState): Promise<Findings> {
    for (let messages = STEP_MESSAGES; ; messages *= 8) {
      const from = Math.max(state.first_seq, state.last_seq - messages + 1);
      const found = await this.#readFrom(from, state, new Findings(last, false));
      if (from <= state.first_seq || found.runs.list.length > 0) return found;
    }
  }

  /** Reads all messages from a number on: of the subject, or of a stream that is only for this forwarder all. */
  async #readFrom(sequence: number, state: StreamState, found: Findings): Promise<Findings> {
    if (sequence > state.last_seq || state.messages === 0) return found;
    const info = await this.#consumer(Math.max(1, sequence));
    const consumer = this.#client.consumers.getConsumerFromInfo(info);
    for (let pending = info.num_pending; pending > 0; ) {
      let received = 0;
      const messages = await consumer.fetch({ max_messages: Math.min(pending, FETCH_MESSAGES), expires: FETCH_MS_MAX });
      for await (const message of messages) {
        received++;
        pending = message.info.pending;
        found.add(message);
      }
      if (received > 0) continue;
      // Messages that were removed meanwhile, by age or by a purge, don't come.
      const { num_pending: left } = await consumer.info();
      if (left >= pending) throw new Error(`the stream's end can't be read: ${left} messages don't come`);
      pending = left;
    }
    await this.#manager.consumers.delete(this.#place.stream, info.name).catch(() => false);
    return found;
  }

  #consumer(sequence: number): Promise<ConsumerInfo> {
    return this.#manager.consumers.add(this.#place.stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: sequence,
      ...(this.#place.isExclusive ? {} : { filter_subject: this.#place.subject }),
      headers_only: true,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(CONSUMER_MS_MAX),
    });
  }
}
