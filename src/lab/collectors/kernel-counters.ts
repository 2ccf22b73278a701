import type { TransportName } from "../../core/transport-name.ts";
import { networkCounters } from "../../os/network-counters.ts";
import { type Measured, measured, unmeasured } from "../results/measured.ts";

/** What the kernel counts on the way from senders to the aggregator, of all programs in this network namespace. */
const COUNTERS: Partial<Record<TransportName, readonly string[]>> = {
  tcp: ["Tcp RetransSegs", "Tcp InErrs", "TcpExt ListenDrops", "TcpExt TCPRcvQDrop"],
  udp: ["Udp RcvbufErrors", "Udp InErrors", "Udp NoPorts"],
};

/** The kernel's own counters, between the first line and the last. */
export class KernelCounters {
  readonly #transport: TransportName;
  #before: ReadonlyMap<string, number> = new Map();
  #after: ReadonlyMap<string, number> = new Map();

  constructor({ transport }: { readonly transport: TransportName }) {
    this.#transport = transport;
  }

  begin(): void {
    if (COUNTERS[this.#transport] !== undefined) this.#before = networkCounters();
  }

  end(): void {
    if (COUNTERS[this.#transport] !== undefined) this.#after = networkCounters();
  }

  kernel(): Readonly<Record<string, Measured<number>>> {
    const names = COUNTERS[this.#transport];
    if (names === undefined) {
      return { drops: unmeasured("the kernel has no counter, because senders wait when the queue is full") };
    }
    return Object.fromEntries(names.map((name) => [name, this.#difference(name)]));
  }

  #difference(name: string): Measured<number> {
    const [before, after] = [this.#before.get(name), this.#after.get(name)];
    if (before === undefined || after === undefined) return unmeasured("/proc/net doesn't have it");
    return measured("proc", after - before);
  }
}
