import type { StreamInfo } from "@nats-io/jetstream";

/**
 * What is known of a stream, if its leader says so. While there is none, any of its servers answers (nats-server 2.15),
 * also one that doesn't have the last messages.
 *
 * @throws where there is no leader
 */
export function requireLeader(info: StreamInfo): StreamInfo {
  if (info.cluster === undefined || info.cluster.leader) return info;
  throw new Error("the stream has no leader just now");
}
