import { ACK } from "./ack.ts";
import { FLOOD } from "./flood.ts";
import { LOSS_ONSET } from "./loss-onset.ts";
import { PACED } from "./paced.ts";
import { PROFILE } from "./profile.ts";
import { REFERENCE } from "./reference.ts";
import { RESTART } from "./restart.ts";
import type { Scenario } from "./scenario.ts";
import { FROM_SENDERS } from "./senders.ts";
import { SIZES } from "./sizes.ts";
import { STALL } from "./stall.ts";

/** All scenarios, in the order in which reports show them. A new one is a file and a line here. */
export const SCENARIOS: readonly Scenario[] = [
  REFERENCE,
  PACED,
  FLOOD,
  LOSS_ONSET,
  SIZES,
  FROM_SENDERS,
  STALL,
  RESTART,
  ACK,
  PROFILE,
];

/** Those that can be asked for by name; `--profile` asks for the others. */
export const SCENARIO_NAMES: readonly string[] = SCENARIOS.filter(({ isProfiled }) => !isProfiled).map(
  ({ name }) => name,
);
