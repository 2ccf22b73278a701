import { LINE_BYTES_MAX_DEFAULT } from "../core/limits.ts";
import type { TransportName } from "../core/transport-name.ts";
import type { Need } from "./advice.ts";
import type { Summary } from "./summary.ts";
import { bytes } from "./words.ts";

/** Datagrams; docs/transports.md. */
const QUEUE_WANTED = 512;
const BUFFER_WANTED = "64 MiB";
/** Descriptors that a process usually may have, less those that it uses itself. */
const CONNECTIONS_DEFAULT = 1000;

/** What to change from the defaults for one transport, a sentence each. */
export function settingsFor(summary: Summary, need: Need, name: TransportName): string[] {
  const settings: string[] = [];
  const isConnected = name === "unixsock" || name === "tcp";
  if (need.loss === "never" && isConnected) {
    settings.push("aggregator --durability ack and producer --ack, so that a crash of the aggregator loses nothing");
  }
  if (need.isRemote)
    settings.push(`aggregator ${name}=HOST:9000 with an address that senders reach; lines are not encrypted`);
  if (need.lineBytes > LINE_BYTES_MAX_DEFAULT)
    settings.push(`aggregator --max-line ${need.lineBytes} (default: ${bytes(LINE_BYTES_MAX_DEFAULT)})`);
  if (name === "unixgram" && Number(fact(summary, "net.unix.max_dgram_qlen")) < QUEUE_WANTED) {
    settings.push(`sysctl -w net.unix.max_dgram_qlen=${QUEUE_WANTED}, so that senders wait less`);
  }
  const granted = fact(summary, "udp buffer granted");
  if (name === "udp" && granted !== null && granted !== BUFFER_WANTED) {
    settings.push(
      `sysctl -w net.core.rmem_max=67108864, so that the receive buffer is ${BUFFER_WANTED} instead of ${granted}`,
    );
  }
  if (isConnected && need.senders > CONNECTIONS_DEFAULT) {
    settings.push(`ulimit -n above ${need.senders + 100} for the aggregator: each sender is a connection`);
  }
  return settings;
}

function fact({ machine }: Summary, name: string): string | null {
  return machine.facts.find(([one]) => one === name)?.[1] ?? null;
}
