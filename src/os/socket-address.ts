import { isIPv6 } from "node:net";
import { endianness } from "node:os";
import { INET_ADDRESS_BYTES_MAX, UNIX_PATH_BYTES_MAX } from "../core/kernel-facts.ts";
import { AF_INET, AF_INET6, AF_UNIX } from "./constants.ts";

const littleEndian = endianness() === "LE";

function writeFamily(address: Buffer, family: number): void {
  if (littleEndian) address.writeUInt16LE(family, 0);
  else address.writeUInt16BE(family, 0);
}

/** sockaddr_un (unix(7)). @throws RangeError for a path that doesn't fit; callers check the path first */
export function unixAddress(path: string): Buffer {
  const bytes = Buffer.from(path);
  if (bytes.length > UNIX_PATH_BYTES_MAX || bytes.length === 0) {
    throw new RangeError(`an AF_UNIX path has 1 to ${UNIX_PATH_BYTES_MAX} bytes, not ${bytes.length}`);
  }
  const address = Buffer.alloc(2 + bytes.length + 1);
  writeFamily(address, AF_UNIX);
  bytes.copy(address, 2);
  return address;
}

/** sockaddr_un of an abstract name (unix(7)): it begins with a NUL, and ends where the address ends. */
export function abstractAddress(name: string): Buffer {
  const bytes = Buffer.from(`\0${name}`);
  if (bytes.length > UNIX_PATH_BYTES_MAX + 1) throw new RangeError(`an abstract name has no ${bytes.length} bytes`);
  const address = Buffer.alloc(2 + bytes.length);
  writeFamily(address, AF_UNIX);
  bytes.copy(address, 2);
  return address;
}

/** sockaddr_in (ip(7)) or sockaddr_in6 (ipv6(7)) of a numeric host. */
export function inetAddress(host: string, port: number): Buffer {
  if (isIPv6(host)) {
    const address = Buffer.alloc(INET_ADDRESS_BYTES_MAX);
    writeFamily(address, AF_INET6);
    address.writeUInt16BE(port, 2);
    ipv6Bytes(host).copy(address, 8);
    return address;
  }
  const address = Buffer.alloc(16);
  writeFamily(address, AF_INET);
  address.writeUInt16BE(port, 2);
  Buffer.from(host.split(".").map(Number)).copy(address, 4);
  return address;
}

/** The port in a sockaddr_in or sockaddr_in6 that the kernel filled in. */
export function portOf(address: Buffer): number {
  return address.readUInt16BE(2);
}

function ipv6Bytes(host: string): Buffer {
  // The URL parser writes any IPv6 form as lower-case hex groups with at most one "::".
  const plain = host.split("%")[0] ?? host;
  const canonical = new URL(`http://[${plain}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
  const bytes = Buffer.alloc(16);
  groups.forEach((group, i) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * i);
  });
  return bytes;
}
