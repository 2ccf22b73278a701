import { BlockList, isIPv6 } from "node:net";
import { formatAddress, type InetEndpoint } from "../../core/endpoint.ts";

/** Addresses that only processes on this machine can reach (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3). */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** A warning if other machines can reach an endpoint with a numeric host; empty if they can't. */
export function exposureOf(endpoint: InetEndpoint): string[] {
  const host = endpoint.host.split("%")[0] ?? endpoint.host;
  if (LOOPBACK.check(host, isIPv6(host) ? "ipv6" : "ipv4")) return [];
  return [
    `${endpoint.transport} ${formatAddress(endpoint)} can be reached from other machines: anyone who reaches the port can write to the log, ` +
      "and nothing is encrypted or authenticated; listen on 127.0.0.1, or let only your senders through a firewall",
  ];
}
