import { hasReplies, type Scenario, USUAL, USUAL_LOAD } from "./scenario.ts";

/** Durable: a line counts as sent when the aggregator has synced it and said so. */
export const ACK: Scenario = {
  ...USUAL,
  name: "ack",
  question: "What does it cost to know that a line is on the disk?",
  variants: [50, 10_000].map((rate) => ({
    name: String(rate),
    load: { ...USUAL_LOAD, linesPerSecond: rate, seconds: 2 },
  })),
  repeats: 3,
  isTraced: true,
  aggregatorOptions: ["--durability", "ack"],
  producerOptions: ["--ack"],
  excluded: (_, transport) => (hasReplies(transport) ? undefined : `${transport} has no way back for acknowledgements`),
};
