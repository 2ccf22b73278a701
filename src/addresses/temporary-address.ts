import { join } from "node:path";
import { hasPath, type TransportName } from "../core/transport-name.ts";
import { LOOPBACK } from "./default-address.ts";

/**
 * `transport=address` for a listener of one run: a path in that run's own directory, or a free port that can't be
 * reached from other machines.
 */
export function temporaryAddress(transport: TransportName, directory: string): string {
  return `${transport}=${hasPath(transport) ? join(directory, transport) : `${LOOPBACK}:0`}`;
}
