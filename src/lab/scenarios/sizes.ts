import type { TransportName } from "../../core/transport-name.ts";
import { REGISTRY } from "../../transports/registry.ts";
import { type Scenario, USUAL, USUAL_LOAD, type Variant } from "./scenario.ts";

/** A line is so much longer than its message, with the longest numbers. */
const LINE_OVERHEAD_BYTES = 160;
/** Lengths of lines: a short one, a page and one byte more (where a FIFO ends), and what datagrams hardly take. */
const LINE_BYTES: readonly (readonly [name: string, messageBytes: number])[] = [
  ["100", 100],
  ["1024", 1024],
  ["4096", 4096 - LINE_OVERHEAD_BYTES],
  ["4097", 4097],
  ["65536", 65_536],
  ["204800", 204_800],
];
/** Of all lines together, so that long ones don't fill the disk. */
const BYTES_PER_SECOND = 40_000_000;
const RATE_MAX = 5000;

function sized([name, messageBytes]: (typeof LINE_BYTES)[number]): Variant {
  const linesPerSecond = Math.min(RATE_MAX, Math.floor(BYTES_PER_SECOND / messageBytes / 5) * 5);
  return { name, load: { ...USUAL_LOAD, messageBytes, linesPerSecond, seconds: 1 } };
}

function excluded({ load }: Variant, transport: TransportName): string | undefined {
  const { atomicBytesMax } = REGISTRY[transport].traits;
  if (load.messageBytes + LINE_OVERHEAD_BYTES <= atomicBytesMax) return undefined;
  return `${transport} takes lines of at most ${atomicBytesMax} bytes`;
}

/** The same rate with lines from 100 bytes to 200 KiB, where the transport takes them. */
export const SIZES: Scenario = {
  ...USUAL,
  name: "sizes",
  question: "How long may a line be, and what does its length cost?",
  variants: LINE_BYTES.map(sized),
  repeats: 3,
  excluded,
};
