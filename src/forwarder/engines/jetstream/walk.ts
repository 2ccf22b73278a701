import {
  AckPolicy,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type StreamState,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { Acknowledged, Stored, StoredBlock } from "../engine.ts";
import { blockOf } from "./headers.ts";

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

  /** Compares what was acknowledged with what is stored. @throws errors of the client */
  async compare(last: Acknowledged): Promise<Stored> {
    const { state } = await this.#manager.streams.info(this.#place.stream);
    const hasLostItsEnd = !(await this.#has(last, state));
    const blocks = hasLostItsEnd ? await this.#searchBack(last, state) : await this.#from(last.sequence + 1, state);
    return { hasLostItsEnd, sequence: state.last_seq, blocks: blocks.filter(({ file }) => last.files.has(file)) };
  }

  /** Whether the last acknowledged block is there, or was removed on purpose, as by age: then others follow it. */
  async #has({ sequence, from }: Acknowledged, state: StreamState): Promise<boolean> {
    if (state.last_seq < sequence) return false;
    if (from.size === 0 || sequence === 0 || sequence < state.first_seq) return true;
    const message = await this.#manager.streams.getMessage(this.#place.stream, { seq: sequence });
    return message === null || from.has(blockOf(message.header, sequence)?.file ?? "");
  }

  /** Looks further and further back, until one of the files' blocks is found. */
  async #searchBack({ files }: Acknowledged, state: StreamState): Promise<StoredBlock[]> {
    for (let messages = STEP_MESSAGES; ; messages *= 8) {
      const from = Math.max(state.first_seq, state.last_seq - messages + 1);
      const found = await this.#from(from, state);
      if (from <= state.first_seq || found.some(({ file }) => files.has(file))) return found;
    }
  }

  /** All blocks from a number on. */
  async #from(sequence: number, state: StreamState): Promise<StoredBlock[]> {
    if (sequence > state.last_seq || state.messages === 0) return [];
    const info = await this.#manager.consumers.add(this.#place.stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: Math.max(1, sequence),
      filter_subject: this.#place.subject,
      headers_only: true,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(CONSUMER_MS_MAX),
    });
    const consumer = this.#client.consumers.getConsumerFromInfo(info);
    const blocks: StoredBlock[] = [];
    let pending = info.num_pending;
    while (pending > 0) {
      const messages = await consumer.fetch({ max_messages: Math.min(pending, FETCH_MESSAGES), expires: FETCH_MS_MAX });
      const before = pending;
      for await (const message of messages) {
        pending = message.info.pending;
        const block = blockOf(message.headers, message.seq);
        if (block !== undefined) blocks.push(block);
      }
      if (pending === before) throw new Error(`the stream's end can't be read: ${pending} messages don't come`);
    }
    await this.#manager.consumers.delete(this.#place.stream, info.name).catch(() => false);
    return blocks;
  }
}
