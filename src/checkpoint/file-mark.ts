import { randomBytes } from "node:crypto";
import { type BigIntStats, fstatSync, readSync } from "node:fs";
import { crc32 } from "./crc32.ts";

/**
 * Bytes at the beginning of a file, and before a position in it, by which its content is recognised: enough for several
 * lines, which have times in them.
 */
export const MARK_BYTES = 4096;

/** A CRC-32 of a part of the file. */
export interface PartCrc {
  readonly bytes: number;
  readonly crc: number;
}

/** A random name of a file, or of a part of it. */
export interface FileName {
  /** 16 hexadecimal digits, unique. */
  readonly id: string;
  /** Where it begins: 0, or behind what was forwarded under another name, before the file had lost its end. */
  readonly begin: number;
}

/**
 * What a file is recognised by: a random name for it, and the inode, the time at which that was created, and content that
 * it belongs to. An inode's number alone says nothing: ext4 gives the next file the number of a removed one.
 */
export interface FileMark extends FileName {
  readonly dev: string;
  readonly ino: string;
  /** Nanoseconds since 1970; 0 where the file system doesn't know. */
  readonly birth: string;
  /** Up to the position. */
  readonly offset: number;
  readonly head: PartCrc;
  /** The bytes before the offset. */
  readonly before: PartCrc;
}

/**
 * What an open file is to a mark.
 *
 * - `same`: the marked file, which has grown or not
 * - `copy`: another file with its content, as logrotate's copytruncate makes
 * - `shortened`: the marked file, which has lost its end, as after a power cut, and may have grown since
 * - `replaced`: the marked file with another content, as after copytruncate
 * - `other`: another file
 */
export type Likeness = "same" | "copy" | "shortened" | "replaced" | "other";

export function newFileId(): string {
  return randomBytes(8).toString("hex");
}

/** Marks an open file at a position. A name that begins behind it has nothing that the file has. @throws the system error */
export function markFile(fd: number, { id, begin }: FileName, offset: number): FileMark {
  const { dev, ino, birthtimeNs } = fstatSync(fd, { bigint: true });
  const node = { dev: String(dev), ino: String(ino), birth: String(birthtimeNs) };
  return {
    id,
    begin: Math.min(begin, offset),
    ...node,
    offset,
    head: crcOf(fd, 0, Math.min(offset, MARK_BYTES)),
    before: crcBefore(fd, offset),
  };
}

/** The same file at a later position; its head is read again only while it grows. */
export function moveMark(mark: FileMark, fd: number, offset: number): FileMark {
  const head = mark.head.bytes < MARK_BYTES ? crcOf(fd, 0, Math.min(offset, MARK_BYTES)) : mark.head;
  return { ...mark, offset, head, before: crcBefore(fd, offset) };
}

export function isSameInode(mark: Pick<FileMark, "dev" | "ino" | "birth">, stats: BigIntStats): boolean {
  return mark.dev === String(stats.dev) && mark.ino === String(stats.ino) && mark.birth === String(stats.birthtimeNs);
}

/** @throws the system error */
export function likeness(mark: FileMark, fd: number): Likeness {
  const stats = fstatSync(fd, { bigint: true });
  const isSame = isSameInode(mark, stats);
  const hasHead = matches(fd, 0, mark.head);
  // A position beyond the end may have no bytes before it, which would be like any other.
  const hasContent = hasHead && BigInt(mark.offset) <= stats.size && isAt(mark, fd);
  if (isSame && hasContent) return "same";
  if (isSame) return hasHead ? "shortened" : "replaced";
  return hasContent && mark.offset > 0 ? "copy" : "other";
}

/** Whether the bytes before a position are still the same. @throws the system error */
export function isAt({ offset, before }: Pick<FileMark, "offset" | "before">, fd: number): boolean {
  return matches(fd, offset - before.bytes, before);
}

function crcBefore(fd: number, offset: number): PartCrc {
  const bytes = Math.min(offset, MARK_BYTES);
  return crcOf(fd, offset - bytes, bytes);
}

function crcOf(fd: number, position: number, bytes: number): PartCrc {
  const part = readPart(fd, position, bytes);
  return { bytes: part.length, crc: crc32(part) };
}

function matches(fd: number, position: number, { bytes, crc }: PartCrc): boolean {
  const part = readPart(fd, position, bytes);
  return part.length === bytes && crc32(part) === crc;
}

function readPart(fd: number, position: number, bytes: number): Buffer {
  const part = Buffer.allocUnsafe(bytes);
  return part.subarray(0, readSync(fd, part, 0, bytes, position));
}
