import {
  AckPolicy,
  type ConsumerInfo,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type StreamState,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { type Acknowledged, EngineError, type Stored, type StoredBlock } from "../engine.ts";
import { blockOf, contentOf } from "./headers.ts";

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

/** A message of the stream's end. */
interface Message {
  readonly sequence: number;
  /** Undefined for one that no forwarder has sent. */
  readonly block: StoredBlock | undefined;
  /** `host web2` or `subject logs.web2` */
  readonly writer: string;
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
    const { state } = await this.#manager.streams.info(this.#place.stream);
    const hasLostItsEnd = !(await this.#has(last, state));
    const messages = hasLostItsEnd ? await this.#searchBack(last, state) : await this.#from(last.sequence + 1, state);
    const isOwn = ({ block }: Message): boolean => block !== undefined && last.files.has(block.file);
    if (this.#place.isExclusive) {
      // Before what this forwarder has sent, there may be anything.
      const begin = hasLostItsEnd ? messages.findIndex(isOwn) : 0;
      if (begin >= 0) this.#refuse(messages.slice(begin).find((message) => !isOwn(message)));
    }
    const blocks = messages.filter(isOwn).flatMap(({ block }) => block ?? []);
    return { hasLostItsEnd, sequence: state.last_seq, blocks };
  }

  #refuse(message: Message | undefined): void {
    if (message === undefined) return;
    const fact = `stream ${this.#place.stream} has message ${message.sequence} of another writer, ${message.writer}`;
    const remedy = "give each forwarder a stream of its own, or leave out --exclusive-stream";
    throw new EngineError("giveUp", `${fact}; ${remedy}`);
  }

  /** Reads the last message in each way in which compare() does. @throws errors of the client */
  async read(state: StreamState): Promise<void> {
    const { stream } = this.#place;
    if (state.messages > 0) {
      await this.#manager.streams.getMessage(stream, { seq: state.last_seq });
      await this.#from(state.last_seq, state);
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
  async #searchBack({ files }: Acknowledged, state: StreamState): Promise<Message[]> {
    for (let messages = STEP_MESSAGES; ; messages *= 8) {
      const from = Math.max(state.first_seq, state.last_seq - messages + 1);
      const found = await this.#from(from, state);
      if (from <= state.first_seq || found.some(({ block }) => files.has(block?.file ?? ""))) return found;
    }
  }

  /** All messages from a number on: of the subject, or of a stream that is only for this forwarder all. */
  async #from(sequence: number, state: StreamState): Promise<Message[]> {
    if (sequence > state.last_seq || state.messages === 0) return [];
    const info = await this.#consumer(Math.max(1, sequence));
    const consumer = this.#client.consumers.getConsumerFromInfo(info);
    const found: Message[] = [];
    let pending = info.num_pending;
    while (pending > 0) {
      const messages = await consumer.fetch({ max_messages: Math.min(pending, FETCH_MESSAGES), expires: FETCH_MS_MAX });
      const before = pending;
      for await (const message of messages) {
        pending = message.info.pending;
        const content = contentOf(message.headers, message.seq);
        const writer = content === undefined ? `subject ${message.subject}` : `host ${content.host}`;
        found.push({ sequence: message.seq, block: content, writer });
      }
      if (pending === before) throw new Error(`the stream's end can't be read: ${pending} messages don't come`);
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
