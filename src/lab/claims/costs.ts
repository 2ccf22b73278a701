import type { TransportName } from "../../core/transport-name.ts";
import { isTie, type Summary, summarize } from "../statistics/summary.ts";
import { type Claim, NotMeasurable, type OpenTransport } from "./claim.ts";
import type { KernelTransport } from "./kernel-transport.ts";

const LINE = Buffer.alloc(200, "x");
const LINES = 2000;
const ROUNDS = 15;

/** CPU time of sending a line and receiving it, in microseconds, while nobody has to be woken. */
function lineMicros(transport: KernelTransport, sender: number): number {
  const before = process.cpuUsage();
  for (let line = 0; line < LINES; line++) {
    transport.send(sender, LINE);
    transport.receive();
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / LINES;
}

/** Measures transports in turns, so that a busy machine slows them alike. The first round is left out. */
function compareLines(open: OpenTransport, names: readonly TransportName[]): Summary[] {
  const places = names.map((name) => {
    const transport = open(name);
    return { transport, sender: transport.connect(), micros: [] as number[] };
  });
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { transport, sender, micros } of places) {
      const each = lineMicros(transport, sender);
      if (round > 0) micros.push(each);
    }
  }
  return places.map(({ micros }) => summarize(micros));
}

function cheaper(cheap: TransportName, dear: TransportName): Claim {
  return {
    id: `${cheap}-cheaper-than-${dear}`,
    statement: `sending and receiving a line of ${LINE.length} bytes costs less CPU on ${cheap} than on ${dear}`,
    measure: (open) => {
      const [one, other] = compareLines(open, [cheap, dear]);
      if (one === undefined || other === undefined) throw new Error("two transports give two summaries");
      const evidence = `${cheap} ${inWords(one)}, ${dear} ${inWords(other)}`;
      if (isTie(one, other)) throw new NotMeasurable(`no difference beyond the intervals just now: ${evidence}`);
      return { isTrue: one.median < other.median, evidence };
    },
  };
}

function inWords({ median, interval }: Summary): string {
  const range = interval === null ? "" : ` (${interval[0].toFixed(1)} to ${interval[1].toFixed(1)})`;
  return `${median.toFixed(1)} µs${range}`;
}

export const COSTS: readonly Claim[] = [
  cheaper("unixsock", "tcp"),
  cheaper("unixgram", "udp"),
  cheaper("fifo", "unixsock"),
];
