import type { Peer } from "../core/peer.ts";
import { printableJson } from "../core/printable.ts";
import type { TransportName } from "../core/transport-name.ts";
import { senderProcess } from "../os/sender-process.ts";
import type { ArrivalTime } from "./arrival.ts";

/** Longest name of a program or unit in a record, as JSON: a sender may choose it, and each of its lines gets it. */
const NAME_BYTES_MAX = 512;

/** The value of `_trusted` in one sender's records: what the kernel says of it, how it sent, and when that arrived. */
export class Stamp {
  readonly #arrival: ArrivalTime;
  /** All but the time of arrival, and the end. */
  readonly #start: string;
  #received = "";
  #value = "";

  constructor(transport: TransportName, peer: Peer, arrival: ArrivalTime) {
    this.#arrival = arrival;
    const known = printableJson(JSON.stringify({ ...describe(peer), transport }));
    this.#start = `${known.slice(0, -1)},"received":"`;
  }

  /** The value now: the same string within a millisecond. */
  value(): string {
    const received = this.#arrival.now();
    if (received !== this.#received) {
      this.#received = received;
      this.#value = `${this.#start}${received}"}`;
    }
    return this.#value;
  }
}

function describe({ pid, uid, gid, host, port }: Peer): Record<string, unknown> {
  if (pid !== undefined && uid !== undefined) {
    const { exe, unit } = senderProcess(pid, uid);
    return { pid, uid, gid, exe: shortOrNull(exe), unit: shortOrNull(unit) };
  }
  if (host === undefined) return {};
  return { address: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}` };
}

function shortOrNull(name: string | null): string | null {
  return name !== null && Buffer.byteLength(printableJson(JSON.stringify(name))) <= NAME_BYTES_MAX ? name : null;
}
