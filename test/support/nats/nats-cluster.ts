import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { freePort } from "./free-port.ts";
import { NatsProcess, type NatsSettings, type StoredMessage } from "./nats-process.ts";

/** A cluster that doesn't answer by then won't: an election takes up to 7 s, and on a busy machine longer. */
const ANSWER_MS_MAX = 40_000;

/**
 * Servers that are one cluster take a stream of three replicas after a second or two. With nats-server 2.10, one of three
 * that start together is sometimes left out of the group, until they are started again.
 */
const FORM_MS_MAX = 8000;
const STARTS_MAX = 4;

export interface ClusterSettings extends NatsSettings {
  /** Servers, which all store what is stored. */
  readonly servers: 1 | 3;
}

/** Three nats-servers that are one JetStream cluster, or a single one. */
export class NatsCluster implements AsyncDisposable {
  readonly nodes: readonly NatsProcess[];

  readonly #routing: readonly string[];

  private constructor(nodes: readonly NatsProcess[], routing: readonly string[]) {
    this.nodes = nodes;
    this.#routing = routing;
  }

  /** Starts the servers in folders below the one that is given. */
  static async start({ servers, directory, settings = "", ...options }: ClusterSettings): Promise<NatsCluster> {
    const ports = await Promise.all(Array.from({ length: servers }, freePort));
    const routes = ports.map((port) => `"nats-route://127.0.0.1:${port}"`).join(", ");
    const routing = ports.map((port, at) => {
      const cluster = `cluster { name: C, listen: "127.0.0.1:${port}", routes: [${routes}] }`;
      return [`server_name: n${at + 1}`, ...(servers > 1 ? [cluster] : [])].join("\n");
    });
    const nodes = routing.map((own, at) => {
      const folder = join(directory, `n${at + 1}`);
      mkdirSync(folder);
      return new NatsProcess({ ...options, directory: folder, settings: `${own}\n${settings}` });
    });
    const cluster = new NatsCluster(nodes, routing);
    await Promise.all(nodes.map((node) => node.start()));
    await cluster.#form();
    return cluster;
  }

  /** `nats://` and all servers. */
  get url(): string {
    return `nats://${this.nodes.map(({ address }) => address).join(",")}`;
  }

  /** Changes lines of all servers' configuration while they run. */
  async reload(settings: string): Promise<void> {
    await Promise.all(this.nodes.map((node, at) => node.reload(`${this.#routing[at]}\n${settings}`)));
  }

  /** Creates a stream with a replica on each server. */
  async createStream(name: string, config: Record<string, unknown> = {}): Promise<void> {
    await this.ask((manager) =>
      manager.streams
        .add({ name, subjects: ["logs.*"], num_replicas: this.nodes.length, ...config })
        .catch((error: unknown) => {
          // The answer to the first request may have been lost.
          return manager.streams.info(name).catch(() => Promise.reject(error));
        }),
    );
  }

  /** The server that leads a stream's replicas, once there is one. */
  leader(stream: string): Promise<NatsProcess> {
    return this.ask(async (manager) => {
      const { cluster } = await manager.streams.info(stream);
      const node = cluster === undefined ? this.nodes[0] : this.nodes[Number(cluster.leader?.slice(1)) - 1];
      if (node === undefined) throw new Error(`${stream} has no leader`);
      return node;
    });
  }

  /** Resolves when each server has all that is stored: until then, the loss of another one is more than a stream survives. */
  async whole(stream: string): Promise<void> {
    const isWhole = ({ cluster: { leader = "", replicas = [] } = {} }: StreamInfo): boolean =>
      leader !== "" && replicas.length === this.nodes.length - 1 && replicas.every(({ current }) => current);
    if (this.nodes.length === 1) return;
    await this.ask(async (manager) => {
      while (!isWhole(await manager.streams.info(stream))) await pause(20);
    });
  }

  /** Number of the stream's last message. */
  lastSequence(stream: string): Promise<number> {
    return this.ask(async (manager) => (await manager.streams.info(stream)).state.last_seq);
  }

  /** Resolves when the stream has more messages than this number says. */
  async grown(stream: string, sequence: number): Promise<void> {
    await this.ask(async (manager) => {
      while ((await manager.streams.info(stream)).state.last_seq <= sequence) await pause(5);
    });
  }

  /** Calls back with each message of a stream, in order. Tries again until there is a first one, or none is left. */
  async eachMessage(stream: string, each: (message: StoredMessage) => void): Promise<void> {
    const deadline = performance.now() + ANSWER_MS_MAX;
    for (let seen = 0; ; await pause(20)) {
      try {
        const leader = await this.leader(stream);
        return await leader.eachMessage(stream, (message) => {
          seen++;
          each(message);
        });
      } catch (error) {
        if (seen > 0 || performance.now() > deadline) throw error;
      }
    }
  }

  /** Asks one server after the other, until one answers. @throws what the last one said after a time */
  async ask<Answer>(
    question: (manager: JetStreamManager, connection: NatsConnection) => Promise<Answer>,
    msMax: number = ANSWER_MS_MAX,
  ): Promise<Answer> {
    const deadline = performance.now() + msMax;
    for (let attempt = 0; ; attempt++) {
      try {
        const node = this.nodes[attempt % this.nodes.length];
        if (node?.isRunning) return await node.ask(question);
      } catch (error) {
        if (performance.now() > deadline) throw error;
      }
      await pause(20);
    }
  }

  /** Starts the servers again, until each of them takes part. @throws what they say about it */
  async #form(): Promise<void> {
    const trial = { name: "TRIAL", subjects: ["trial"], num_replicas: this.nodes.length };
    for (let starts = 1; this.nodes.length > 1; starts++) {
      try {
        await this.ask((manager) => manager.streams.add(trial), FORM_MS_MAX);
        // One that stays is in nobody's way.
        await this.ask((manager) => manager.streams.delete(trial.name).catch(() => false));
        return;
      } catch (error) {
        if (starts === STARTS_MAX) throw error;
        await Promise.all(this.nodes.map((node) => node.kill()));
        await Promise.all(this.nodes.map((node) => node.start()));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
  }
}
