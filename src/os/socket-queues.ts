import { readFileSync } from "node:fs";

/** What the kernel shows of the udp sockets of one port. */
export interface SocketQueues {
  /** Bytes that wait to be read, of all its sockets together, with what the kernel adds to each datagram. */
  readonly receiveBytes: number;
  /** Datagrams that were dropped because the receive buffer was full. */
  readonly drops: number;
}

/** Reads /proc/net/udp and its IPv6 table (proc(5)). Undefined when no socket has the port. */
export function udpQueues(port: number): SocketQueues | undefined {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = ["/proc/net/udp", "/proc/net/udp6"]
    .flatMap((path) => linesOf(path).slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(hex) === true);
  if (rows.length === 0) return undefined;
  const receiveBytes = rows.reduce((sum, fields) => sum + Number.parseInt(fields[4]?.split(":")[1] ?? "0", 16), 0);
  const drops = rows.reduce((sum, fields) => sum + Number(fields.at(-1)), 0);
  return { receiveBytes, drops };
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, "latin1").split("\n").filter(Boolean);
  } catch {
    return []; // no IPv6 here
  }
}
