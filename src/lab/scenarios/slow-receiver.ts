import { type Scenario, USUAL, USUAL_LOAD } from "./scenario.ts";

/** What the kernel grants any program that may not ask for more (net.core.rmem_max). As root, udp would keep the whole load. */
const RECEIVE_BUFFER = "208KiB";
/** More than a tcp connection's largest default buffers hold. */
const LINES_PER_SENDER = 50_000;

/** The aggregator stands still while senders go as fast as they can: those that can wait do, and udp drops. Part of the demo only. */
export const SLOW_RECEIVER: Scenario = {
  ...USUAL,
  name: "slow-receiver",
  question: "Who waits, and what is lost, while the aggregator stands still?",
  variants: [
    { name: "-", load: { ...USUAL_LOAD, linesPerSecond: "max", seconds: null, linesPerSender: LINES_PER_SENDER } },
  ],
  aggregatorOptions: ["--receive-buffer", RECEIVE_BUFFER],
  disturbance: { kind: "stall", afterMs: 20, forMs: 1000 },
};
