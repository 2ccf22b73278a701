import { BlockList, isIPv6 } from "node:net";

/** Addresses that only processes on this machine can reach (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3). */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether other machines can reach a numeric host. */
export function isExposed(numericHost: string): boolean {
  const host = numericHost.split("%")[0] ?? numericHost;
  return !LOOPBACK.check(host, isIPv6(host) ? "ipv6" : "ipv4");
}
