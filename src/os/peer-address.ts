import { type Peer, UNKNOWN_PEER } from "../core/peer.ts";
import { AF_INET, AF_INET6 } from "./constants.ts";
import { portOf } from "./socket-address.ts";

/** How an IPv6 socket shows an IPv4 sender (RFC 4291, section 2.5.5.2). */
const MAPPED = /^0:0:0:0:0:ffff:([0-9a-f]+):([0-9a-f]+)$/;

/** The host and port in a sockaddr_in (ip(7)) or sockaddr_in6 (ipv6(7)) that the kernel filled in. */
export function inetPeer(address: Buffer): Peer {
  switch (address.readUInt16LE(0)) {
    case AF_INET:
      return { host: address.subarray(4, 8).join("."), port: portOf(address) };
    case AF_INET6:
      return { host: ipv6Host(address.subarray(8, 24)), port: portOf(address) };
    default:
      return UNKNOWN_PEER;
  }
}

function ipv6Host(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(2 * group).toString(16)).join(":");
  if (MAPPED.test(groups)) return bytes.subarray(12).join(".");
  return new URL(`http://[${groups}]/`).hostname.slice(1, -1); // the usual short form
}
