import { linkSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { NatsCluster } from "../../test/support/nats/nats-cluster.ts";
import { event, type Scene, STREAM, start } from "./scene.ts";

/** Where a stream is stored, and whether each server syncs a message before it acknowledges it. */
export interface Store {
  readonly servers: 1 | 3;
  readonly isSynced: boolean;
}

/** MB/s of a forwarder to new servers, which all store the stream. */
export async function replicated(scene: Scene, path: string, { servers, isSynced }: Store): Promise<number> {
  const directory = mkdtempSync(join(scene.directory, "cluster-"));
  const jetstream = isSynced ? "sync_interval: always" : "";
  const cluster = await NatsCluster.start({ servers, directory, jetstream });
  try {
    await cluster.createStream(STREAM);
    mkdirSync(join(directory, "log"));
    const log = join(directory, "log", "app.jsonl");
    linkSync(path, log);
    const forwarder = start("forwarder", [log, "--to", cluster.url, "--stream", STREAM, "--host", "bench", "--once"]);
    const { seconds, bytes } = await event(forwarder, "done");
    return Number(bytes) / 1e6 / Number(seconds);
  } finally {
    await cluster[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  }
}
