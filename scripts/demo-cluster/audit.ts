import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { TransportName } from "../../src/core/transport-name.ts";
import { StoredSequence } from "../../test/support/fault-sequence.ts";
import type { NatsCluster } from "../../test/support/nats/nats-cluster.ts";
import { ACKNOWLEDGED, type Host, producerName, STREAM } from "./host.ts";

const NUMBERED = /"producer":"([^"]+)","run":"[^"]*","seq":(\d+)/;

/** What a producer says of its lines in its last event. */
export interface Sent {
  readonly transport: TransportName;
  readonly sent: number;
  /** Lines that it knows it hasn't sent, or of which it doesn't know. */
  readonly unsent: number;
}

/** What became of a producer's lines. */
export interface TransportAudit extends Sent {
  readonly host: string;
  readonly isAcknowledged: boolean;
  /** Different lines in the files. */
  readonly stored: number;
  /** Lines that are in the files a second time, because an acknowledgement was lost and they were sent again. */
  readonly storedTwice: number;
  /** Generated and not stored. */
  readonly lost: number;
}

/** Whether a host's files, its messages in the stream and what was read back are the same bytes in the same order. */
export interface HostAudit {
  readonly host: string;
  readonly files: number;
  readonly lines: number;
  readonly bytes: number;
  readonly isInStream: boolean;
  readonly isReadBack: boolean;
}

export async function auditHost(host: Host, cluster: NatsCluster): Promise<HostAudit> {
  const stream = createHash("sha256");
  await cluster.eachMessage(STREAM, (message) => {
    if (message.host === host.name) stream.update(message.bytes);
  });
  const files = await digest(host.files);
  const readBack = await digest([host.readBack]);
  return {
    host: host.name,
    files: host.files.length,
    lines: files.lines,
    bytes: files.bytes,
    isInStream: stream.digest("hex") === files.hash,
    isReadBack: readBack.hash === files.hash,
  };
}

/** Compares what producers sent with what is in the files. */
export async function auditTransports(host: Host, sent: readonly Sent[]): Promise<TransportAudit[]> {
  const stored = new Map(sent.map(({ transport }) => [producerName(host.name, transport), new StoredSequence()]));
  const twice = new Map<string, number>();
  for (const path of host.files) {
    for await (const line of createInterface({ input: createReadStream(path) })) {
      const [, producer = "", seq] = NUMBERED.exec(line) ?? [];
      const place = stored.get(producer)?.add(Number(seq));
      if (place?.startsWith("again")) twice.set(producer, (twice.get(producer) ?? 0) + 1);
    }
  }
  return sent.map((one) => {
    const producer = producerName(host.name, one.transport);
    const distinct = stored.get(producer)?.distinct ?? 0;
    const lost = one.sent + one.unsent - distinct;
    const isAcknowledged = ACKNOWLEDGED.has(one.transport);
    return { host: host.name, ...one, isAcknowledged, stored: distinct, storedTwice: twice.get(producer) ?? 0, lost };
  });
}

async function digest(paths: readonly string[]): Promise<{ hash: string; bytes: number; lines: number }> {
  const hash = createHash("sha256");
  let [bytes, lines] = [0, 0];
  for (const path of paths) {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk);
      bytes += chunk.length;
      for (const byte of chunk) if (byte === 0x0a) lines++;
    }
  }
  return { hash: hash.digest("hex"), bytes, lines };
}
