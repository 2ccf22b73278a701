import { readFileSync } from "node:fs";

/** What the kernel shows of the sockets of one port. */
export interface SocketQueues {
  /** Bytes that wait to be read, of all its sockets together. */
  readonly receiveBytes: number;
  /** udp: datagrams that it dropped because the receive buffer was full. */
  readonly drops: number;
}

/** Reads /proc/net/udp, tcp and their IPv6 tables (proc(5)). Undefined when no socket has the port. */
export function socketQueues(protocol: "tcp" | "udp", port: number): SocketQueues | undefined {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = [`/proc/net/${protocol}`, `/proc/net/${protocol}6`]
    .flatMap((path) => linesOf(path).slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(hex) === true);
  if (rows.length === 0) return undefined;
  const receiveBytes = rows.reduce((sum, fields) => sum + Number.parseInt(fields[4]?.split(":")[1] ?? "0", 16), 0);
  const drops = protocol === "udp" ? rows.reduce((sum, fields) => sum + Number(fields.at(-1)), 0) : 0;
  return { receiveBytes, drops };
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, "latin1").split("\n").filter(Boolean);
  } catch {
    return []; // no IPv6 here
  }
}
