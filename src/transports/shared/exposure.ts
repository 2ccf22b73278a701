import { BlockList, isIPv6 } from "node:net";
import { formatAddress, type InetEndpoint } from "../../core/endpoint.ts";

/** Addresses that only this machine's own processes reach (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3). */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** What it means that others than this machine's processes may reach an endpoint with a numeric host; nothing when they can't. */
export function exposureOf(endpoint: InetEndpoint): string[] {
  const host = endpoint.host.split("%")[0] ?? endpoint.host;
  if (LOOPBACK.check(host, isIPv6(host) ? "ipv6" : "ipv4")) return [];
  return [
    `${endpoint.transport} ${formatAddress(endpoint)} can be reached from other machines: whoever reaches the port can write to the log, ` +
      "and nothing is encrypted or authenticated; listen on 127.0.0.1, or let only your senders through a firewall",
  ];
}
