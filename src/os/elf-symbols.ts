import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** elf(5), 64-bit little-endian, as on all platforms of this project. */
const HEADER_BYTES = 64;
const SECTION_BYTES = 64;
const SEGMENT_BYTES = 56;
const SYMBOL_BYTES = 24;
const PT_LOAD = 1;
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const STT_FUNC = 2;
/** Files above this are not programs that a profile is about; their symbols would fill the memory. */
const SYMBOL_TABLE_BYTES_MAX = 256 * 1024 * 1024;

interface Segment {
  readonly offset: number;
  readonly address: number;
  readonly bytes: number;
}

/** The functions of a program or library, found by their place in its file. */
export class ElfSymbols {
  readonly #segments: readonly Segment[];
  /** Ascending. */
  readonly #starts: readonly number[];
  readonly #functions: readonly ElfFunction[];

  private constructor(segments: readonly Segment[], functions: ReadonlyMap<number, ElfFunction>) {
    this.#segments = segments;
    const sorted = [...functions].sort(([a], [b]) => a - b);
    this.#starts = sorted.map(([start]) => start);
    this.#functions = sorted.map(([, one]) => one);
  }

  /** Reads a file's symbols; undefined for what is not a 64-bit ELF file or can't be read. */
  static read(path: string): ElfSymbols | undefined {
    let fd: number;
    try {
      fd = openSync(path, "r");
    } catch {
      return undefined;
    }
    try {
      return symbolsIn(fd, (segments, functions) => new ElfSymbols(segments, functions));
    } catch (error) {
      if (error instanceof RangeError) return undefined; // cut off, or not what its header says
      throw error;
    } finally {
      closeSync(fd);
    }
  }

  /** The function at an offset in the file; undefined where the file doesn't name it. As in the file, so C++ names are mangled. */
  at(fileOffset: number): string | undefined {
    const segment = this.#segments.find(({ offset, bytes }) => fileOffset >= offset && fileOffset < offset + bytes);
    if (segment === undefined) return undefined;
    const address = fileOffset - segment.offset + segment.address;
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= address) low = middle + 1;
      else high = middle;
    }
    const found = this.#functions[low - 1];
    return found !== undefined && address < found.end ? found.name : undefined;
  }
}

interface ElfFunction {
  readonly name: string;
  /** Address; infinity where the file says no size, as of assembly. */
  readonly end: number;
}

type Make = (segments: readonly Segment[], functions: ReadonlyMap<number, ElfFunction>) => ElfSymbols;

function symbolsIn(fd: number, make: Make): ElfSymbols | undefined {
  const header = bytesAt(fd, 0, HEADER_BYTES);
  // 0x7f "ELF", 64-bit, little-endian
  if (header.toString("latin1", 0, 6) !== "\u007fELF\u0002\u0001") return undefined;
  const segments = table(fd, Number(header.readBigUInt64LE(32)), [header.readUInt16LE(56), SEGMENT_BYTES])
    .filter((row) => row.readUInt32LE(0) === PT_LOAD)
    .map((row) => ({ offset: wide(row, 8), address: wide(row, 16), bytes: wide(row, 32) }));
  const sections = table(fd, Number(header.readBigUInt64LE(40)), [header.readUInt16LE(60), SECTION_BYTES]);
  const functions = new Map<number, ElfFunction>();
  for (const section of sections) {
    const type = section.readUInt32LE(4);
    const names = sections[section.readUInt32LE(40)];
    if ((type !== SHT_SYMTAB && type !== SHT_DYNSYM) || names === undefined) continue;
    addFunctions(functions, sectionBytes(fd, section), sectionBytes(fd, names));
  }
  return make(segments, functions);
}

function addFunctions(functions: Map<number, ElfFunction>, symbols: Buffer, names: Buffer): void {
  for (let at = 0; at + SYMBOL_BYTES <= symbols.length; at += SYMBOL_BYTES) {
    const address = wide(symbols, at + 8);
    if ((symbols.readUInt8(at + 4) & 0xf) !== STT_FUNC || address === 0) continue;
    const start = symbols.readUInt32LE(at);
    const size = wide(symbols, at + 16);
    const name = names.toString("latin1", start, names.indexOf(0, start));
    functions.set(address, { name, end: size === 0 ? Number.POSITIVE_INFINITY : address + size });
  }
}

function sectionBytes(fd: number, section: Buffer): Buffer {
  return bytesAt(fd, wide(section, 24), wide(section, 32));
}

function table(fd: number, offset: number, [rows, rowBytes]: readonly [number, number]): Buffer[] {
  const all = bytesAt(fd, offset, rows * rowBytes);
  return Array.from({ length: rows }, (_, at) => all.subarray(at * rowBytes, (at + 1) * rowBytes));
}

/** Offsets and addresses of programs are far below 2^53. */
function wide(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

/** @throws RangeError where the file is shorter than that */
function bytesAt(fd: number, offset: number, length: number): Buffer {
  if (length > SYMBOL_TABLE_BYTES_MAX || offset + length > fstatSync(fd).size) throw new RangeError("beyond the file");
  const bytes = Buffer.alloc(length);
  for (let read = 0; read < length; ) read += readSync(fd, bytes, read, length - read, offset + read);
  return bytes;
}
