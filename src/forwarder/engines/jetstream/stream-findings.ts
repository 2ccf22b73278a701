import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig, type StreamInfo } from "@nats-io/jetstream";
import { type Finding, fail, ok, warn } from "../finding.ts";
import { HEADER_BYTES_MAX } from "./headers.ts";
import { isCovered } from "./subjects.ts";

/** A stream with a limit is nearly full from this share on. */
const FULL_SHARE = 0.9;
/** A block that is on its way when a connection is lost arrives within this time, or doesn't. */
const WINDOW_SECONDS_MIN = 5;

/** What a stream has to fit to. */
export interface StreamNeeds {
  readonly subject: string;
  readonly isExclusive: boolean;
  readonly blockBytes: number;
  /** The server's limit of a message. */
  readonly payloadBytesMax: number;
  /** Whether the server has others beside it. */
  readonly isCluster: boolean;
}

/** What a stream's settings mean for forwarding. */
export function findingsOf({ config, state, cluster }: StreamInfo, needs: StreamNeeds): Finding[] {
  return [
    ...subject(config, needs),
    ...acceptance(config),
    ...retention(config),
    ...space(config, state.bytes),
    ...window(config, needs),
    ...replicas(
      config,
      needs,
      (cluster?.replicas ?? []).filter((peer) => peer.offline === true || !peer.current).length,
    ),
    ...size(config, needs),
  ];
}

/** Longest block that fits into a message. */
export function blockBytesMaxOf(config: StreamConfig, payloadBytesMax: number): number {
  const bytesMax = config.max_msg_size > 0 ? Math.min(payloadBytesMax, config.max_msg_size) : payloadBytesMax;
  return bytesMax - HEADER_BYTES_MAX;
}

function* subject({ subjects }: StreamConfig, needs: StreamNeeds): Generator<Finding> {
  // A mirror has none.
  const taken = subjects ?? [];
  if (isCovered(needs.subject, taken)) yield ok("subject", `the stream takes ${needs.subject}`);
  else {
    const fact = `the stream doesn't take ${needs.subject}, only ${taken.join(", ") || "what it mirrors"}`;
    yield fail("subject", fact, "pass another --subject or --stream");
  }
}

function* acceptance(config: StreamConfig): Generator<Finding> {
  if (config.sealed) yield fail("acceptance", "the stream is sealed", "pass another --stream");
  if (config.no_ack) yield fail("acceptance", "the stream doesn't acknowledge", "set no_ack to false");
  if (config.storage === StorageType.Memory)
    yield warn("storage", "the stream is in memory, and ends with its servers", "create one in files");
  else yield ok("storage", "in files");
}

function* retention({ retention: kind }: StreamConfig): Generator<Finding> {
  if (kind === RetentionPolicy.Workqueue)
    yield fail("retention", "the end of a work queue can't be read", "create a stream with the retention limits");
  else if (kind === RetentionPolicy.Interest)
    yield warn("retention", "messages that no consumer waits for are dropped", "create one with the retention limits");
  else yield ok("retention", "by limits");
}

function* space(config: StreamConfig, bytes: number): Generator<Finding> {
  const { discard, max_bytes: bytesMax, max_msgs_per_subject: perSubject } = config;
  const isNew = discard === DiscardPolicy.New;
  if (perSubject > 0)
    yield warn(
      "discard",
      `only the last ${perSubject} messages of a subject are kept`,
      "set max_msgs_per_subject to -1",
    );
  if (isNew && bytesMax > 0 && bytes > bytesMax * FULL_SHARE)
    yield warn("discard", `the stream is full to ${Math.floor((100 * bytes) / bytesMax)} %`, "raise max_bytes");
  const meaning = isNew
    ? "a full stream refuses blocks, which wait in the file"
    : "a full stream drops its oldest blocks";
  yield ok("discard", `${isNew ? "new" : "old"}: ${meaning}`);
}

function* window({ duplicate_window: nanoseconds = 0 }: StreamConfig, needs: StreamNeeds): Generator<Finding> {
  const seconds = nanoseconds / 1e9;
  if (needs.isExclusive) yield ok("duplicates", "expected numbers, no window");
  else if (seconds >= WINDOW_SECONDS_MIN) yield ok("duplicates", `ids are known for ${seconds} s`);
  else {
    const fact = `ids are forgotten after ${seconds} s, and a block that arrives late is stored twice`;
    yield warn("duplicates", fact, "set duplicate_window to 2 minutes, or pass --exclusive-stream");
  }
}

function* replicas({ num_replicas: count }: StreamConfig, needs: StreamNeeds, behind: number): Generator<Finding> {
  if (behind > 0) yield warn("replicas", `${behind} of ${count} are offline or behind`, "look after these servers");
  else if (count === 1 && needs.isCluster)
    yield warn("replicas", "one: with its server, acknowledged lines are lost", "set num_replicas to 3");
  else yield ok("replicas", String(count));
}

function* size(config: StreamConfig, needs: StreamNeeds): Generator<Finding> {
  const bytesMax = blockBytesMaxOf(config, needs.payloadBytesMax);
  if (bytesMax <= 0) yield fail("size", "a message is too small for the headers of a block", "raise max_msg_size");
  else if (bytesMax < needs.blockBytes)
    yield warn("size", `blocks are at most ${bytesMax} bytes, less than --block`, "raise max_payload or max_msg_size");
  else yield ok("size", `blocks and lines of up to ${bytesMax} bytes`);
}
