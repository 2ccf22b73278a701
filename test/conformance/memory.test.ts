import type { TransportTraits } from "../../src/transports/transport.ts";
import { memorySubject } from "../support/memory-transport.ts";
import { describeListenerContract } from "./listener-contract.ts";

const KINDS: readonly TransportTraits[] = [
  {
    boundary: "stream",
    channel: "peer",
    overload: "blocks",
    closing: "exact",
    atomicBytesMax: Number.POSITIVE_INFINITY,
  },
  { boundary: "message", channel: "shared", overload: "blocks", closing: "exact", atomicBytesMax: 50_000 },
  { boundary: "message", channel: "shared", overload: "drops", closing: "exact", atomicBytesMax: 50_000 },
  { boundary: "message", channel: "peer", overload: "blocks", closing: "exact", atomicBytesMax: 50_000 },
];

for (const traits of KINDS) {
  describeListenerContract(`memory: ${traits.boundary}, ${traits.channel}, ${traits.overload}`, memorySubject(traits));
}
