import zlib from "node:zlib";

/** The polynomial of zlib, gzip and Ethernet, reversed. */
const POLYNOMIAL = 0xedb88320;

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** As zlib's, for Node versions that don't have it (before 20.15). */
export function tableCrc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

/** The CRC-32 of the bytes, as an unsigned number. */
export const crc32: (bytes: Buffer) => number = zlib.crc32 ?? tableCrc32;
