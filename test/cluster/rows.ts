import type { FaultRow } from "../support/fault-row.ts";
import { backlog } from "./rows/backlog.ts";
import { exclusiveLeaderKills, forwarderKills, leaderKills, serverKills } from "./rows/kills.ts";
import {
  exclusiveStoppedLeader,
  forgottenIds,
  majorityDown,
  rotationsWhileDown,
  stoppedLeader,
} from "./rows/outages.ts";
import { proxied } from "./rows/proxied.ts";
import { rolledBack } from "./rows/rolled-back.ts";

/** The faults of a forwarder and its servers, as docs/cluster.md lists them. */
export const CLUSTER_ROWS: readonly FaultRow[] = [
  forwarderKills,
  serverKills,
  leaderKills,
  exclusiveLeaderKills,
  majorityDown,
  stoppedLeader,
  exclusiveStoppedLeader,
  forgottenIds,
  rolledBack,
  proxied,
  rotationsWhileDown,
  backlog,
];
