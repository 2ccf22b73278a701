import {
  closeSync,
  constants,
  fchmodSync,
  fdatasyncSync,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { tryLock } from "../os/file-lock.ts";
import { refuseForeign } from "../os/foreign-file.ts";
import { syncDirectory } from "../os/sync-directory.ts";
import { crc32 } from "./crc32.ts";

/** Bytes of a slot: far more than a checkpoint takes. */
export const SLOT_BYTES: number = 16 * 1024;
/**
 * One that has reached the disk, which a power cut can't tear because it isn't written to, and two that are written in turn,
 * because a write that a killed process has begun can be torn, too.
 */
export const SLOTS = 3;
/** `LGCP`, a CRC-32 of all that follows, a sequence number, and the length of the payload. */
const HEADER_BYTES = 20;
const MAGIC = 0x5043474c;
/** What a disk writes whole or not at all. */
const SECTOR_BYTES = 512;
const OWNER_ONLY = 0o600;

/**
 * A file of slots with the same kind of payload. Each write goes in place to a slot that is neither the newest one nor the
 * newest one that was synced. So one that is interrupted leaves the payload before it, and a power cut, which may tear all
 * that was written since the last sync, what was synced or a later one. Written in place it takes a tenth of the time of a
 * rename.
 */
export class SlotFile {
  readonly fd: number;
  /** False if another process has it: then it was neither read nor changed. For reading, no lock is needed. */
  readonly isLocked: boolean;
  readonly #path: string;
  readonly #slot: Buffer = Buffer.alloc(SLOT_BYTES);
  #sequence = 0;
  #payload: Buffer | undefined;
  /** Of the slots; undefined where none can be read. */
  #newest: number | undefined;
  #synced: number | undefined;
  #isDamaged = false;
  #isClosed = false;

  /**
   * Opens the file; to write, creates and locks it. A symbolic link is refused.
   *
   * @throws the system error, or to write OperationalError FOREIGN_FILE
   */
  constructor(path: string, access: "read" | "write") {
    const { O_RDONLY, O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    const flags = access === "read" ? O_RDONLY : O_RDWR | O_CREAT;
    this.#path = path;
    this.fd = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, OWNER_ONLY);
    try {
      // Another user's could say that everything is forwarded, and a link could lead to another file of theirs.
      if (access === "write") refuseForeign(path, this.fd);
      this.isLocked = access === "write" && tryLock(this.fd);
      if (access === "write" && !this.isLocked) return;
      this.#read();
      if (access === "write" && !this.#isDamaged) this.#prepare();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** What was written last; undefined in a new file, and in one of which nothing can be read. */
  get payload(): Buffer | undefined {
    return this.#payload;
  }

  /** Whether the file has content of which no slot can be read. */
  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  /** Whether its name is gone, or another file's. @throws the system error */
  get isRemoved(): boolean {
    const named = lstatSync(this.#path, { bigint: true, throwIfNoEntry: false });
    const { dev, ino } = fstatSync(this.fd, { bigint: true });
    return named?.dev !== dev || named.ino !== ino;
  }

  /** Survives the end of this process, and after sync() also a power cut. @throws the system error */
  write(payload: Buffer): void {
    if (payload.length > SLOT_BYTES - HEADER_BYTES) throw new RangeError(`${payload.length} bytes don't fit in a slot`);
    const slot = this.#slot.fill(0);
    const sequence = this.#sequence + 1;
    slot.writeUInt32LE(MAGIC, 0);
    slot.writeBigUInt64LE(BigInt(sequence), 8);
    slot.writeUInt32LE(payload.length, 16);
    payload.copy(slot, HEADER_BYTES);
    const bytes = HEADER_BYTES + payload.length;
    slot.writeUInt32LE(crc32(slot.subarray(8, bytes)), 4);
    const free = [0, 1, 2].find((at) => at !== this.#newest && at !== this.#synced) ?? 0;
    writeWhole(this.fd, slot.subarray(0, bytes), free * SLOT_BYTES);
    this.#newest = free;
    this.#sequence = sequence;
    this.#payload = payload;
  }

  /** @throws the system error */
  sync(): void {
    fdatasyncSync(this.fd);
    this.#synced = this.#newest;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.fd);
  }

  /** A file that is new becomes as long as it will ever be. What another process has left is synced before it is relied on. */
  #prepare(): void {
    const { size } = fstatSync(this.fd);
    if (size === 0) fchmodSync(this.fd, OWNER_ONLY);
    const missing = Math.max(0, SLOTS * SLOT_BYTES - size);
    // Zeros and not a hole: on a disk that is full later, all slots can be written all the same.
    writeWhole(this.fd, Buffer.alloc(missing), size);
    this.sync();
    if (missing > 0) syncDirectory(this.#path);
  }

  #read(): void {
    let used = 0;
    let isTorn = false;
    for (let at = 0; at < SLOTS; at++) {
      const slot = this.#slot.subarray(0, readSync(this.fd, this.#slot, 0, SLOT_BYTES, at * SLOT_BYTES));
      if (slot.every((byte) => byte === 0)) continue;
      used++;
      if (this.#take(slot)) this.#newest = at;
      else isTorn ||= lacksSector(slot);
    }
    // Where a power cut has torn the very first write, there was none that anything relies on.
    this.#isDamaged = used > 0 && !(used === 1 && isTorn) && this.#payload === undefined;
  }

  /** Accepts what a slot holds if it is whole and newer. @returns whether it is */
  #take(slot: Buffer): boolean {
    if (slot.length < HEADER_BYTES || slot.readUInt32LE(0) !== MAGIC) return false;
    const sequence = Number(slot.readBigUInt64LE(8));
    const end = HEADER_BYTES + slot.readUInt32LE(16);
    if (sequence <= this.#sequence || end > slot.length) return false;
    if (crc32(slot.subarray(8, end)) !== slot.readUInt32LE(4)) return false;
    this.#sequence = sequence;
    this.#payload = Buffer.from(slot.subarray(HEADER_BYTES, end));
    return true;
  }
}

/** Whether a part of what was written to a whole slot of zeros hasn't reached the disk: a payload is text. */
function lacksSector(slot: Buffer): boolean {
  if (slot.length < SLOT_BYTES) return false;
  const end = Math.min(HEADER_BYTES + slot.readUInt32LE(16), SLOT_BYTES);
  for (let at = 0; at < end; at += SECTOR_BYTES) {
    if (slot.subarray(at, Math.min(at + SECTOR_BYTES, end)).every((byte) => byte === 0)) return true;
  }
  return false;
}

/** A file system that is full takes a part. @throws the system error */
function writeWhole(fd: number, bytes: Buffer, position: number): void {
  const written = writeSync(fd, bytes, 0, bytes.length, position);
  if (written === bytes.length) return;
  throw Object.assign(new Error(`${written} of ${bytes.length} bytes were written`), { code: "ENOSPC" });
}
