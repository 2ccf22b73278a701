/** A system call that moved a line; times are CLOCK_MONOTONIC in ns. */
export interface Call {
  readonly kind: "send" | "receive" | "write" | "sync";
  readonly pid: number;
  readonly enterNs: number;
  readonly exitNs: number;
  /** What it returned: bytes, messages, or a negative errno. */
  readonly result: number;
}

/** What bpftrace/lab/lines.bt saw, each list in the order of time. */
export interface TracedEvents {
  readonly calls: readonly Call[];
  /** When the aggregator's main thread was woken, and when it got a processor, ns. */
  readonly wakes: readonly number[];
  readonly runs: readonly number[];
}

const KINDS: Readonly<Record<string, Call["kind"]>> = { 1: "send", 2: "receive", 3: "write", 4: "sync" };

/**
 * Reads the events among the script's output. Sends of the aggregator and receives of senders (acknowledgements) are left out.
 *
 * @param aggregator its pid
 */
export function parseEvents(text: string, aggregator: number): TracedEvents {
  const calls: Call[] = [];
  const times = { wake: [] as number[], run: [] as number[] };
  for (const line of text.split("\n")) {
    const [name, ...words] = line.split(" ");
    const [first = 0, second = 0, enterNs = 0, exitNs = 0, result = 0] = words.map(Number);
    const kind = KINDS[first];
    if (name === "call" && kind !== undefined) {
      const isSender = second !== aggregator;
      if (isSender === (kind === "send")) calls.push({ kind, pid: second, enterNs, exitNs, result });
    } else if ((name === "wake" || name === "run") && first === aggregator) times[name].push(second);
  }
  const ascending = (a: number, b: number): number => a - b;
  return {
    calls: calls.sort((a, b) => a.enterNs - b.enterNs),
    wakes: times.wake.sort(ascending),
    runs: times.run.sort(ascending),
  };
}
