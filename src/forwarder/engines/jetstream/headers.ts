import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { parseCount } from "../../../core/units.ts";
import type { Block, StoredBlock } from "../engine.ts";
import type { Compression } from "../packing.ts";

/** Of the headers; a reader refuses others. */
const FORMAT_VERSION = "1";

/** A file's random name (FileMark), and a CRC-32. */
const FILE_ID = /^[0-9a-f]{16}$/;
const CRC = /^[0-9a-f]{1,8}$/;

/** Bytes of the message that headers may take: a host's name has at most 255. */
export const HEADER_BYTES_MAX = 1024;

/** The names of the headers of a message, which is one block. */
const HEADER = {
  version: "Log-Version",
  file: "Log-File",
  offset: "Log-Offset",
  length: "Log-Length",
  lines: "Log-Lines",
  crc: "Log-Crc32",
  host: "Log-Host",
  encoding: "Content-Encoding",
} as const;

/**
 * The headers of a block, and the id by which the server recognises that it has it. Ids count per stream, so the file's
 * random name is part of them. Length and CRC are those of the block before it was compressed.
 */
export function headersOf(
  block: Block,
  sent: { readonly host: string; readonly encoding: Compression | undefined },
): { readonly headers: MsgHdrs; readonly id: string } {
  const made = headers();
  const { file, offset, bytes, generation } = block;
  made.set(HEADER.version, FORMAT_VERSION);
  made.set(HEADER.file, file);
  made.set(HEADER.offset, String(offset));
  made.set(HEADER.length, String(bytes.length));
  made.set(HEADER.lines, String(block.lines));
  made.set(HEADER.crc, block.crc.toString(16).padStart(8, "0"));
  made.set(HEADER.host, sent.host);
  if (sent.encoding !== undefined) made.set(HEADER.encoding, sent.encoding);
  return { headers: made, id: `${file}:${offset}:${bytes.length}:${generation}` };
}

/** What a message says of the block that it is. */
export interface Content extends StoredBlock {
  readonly host: string;
  /** Of its bytes; "" where they are as they are. */
  readonly encoding: string;
}

/** Undefined for a message of another program. */
export function contentOf(found: MsgHdrs | undefined, sequence: number): Content | undefined {
  const block = blockOf(found, sequence);
  if (block === undefined || found === undefined) return undefined;
  return { ...block, host: found.get(HEADER.host), encoding: found.get(HEADER.encoding) };
}

/** The block that a message is; undefined for a message of another program. */
export function blockOf(found: MsgHdrs | undefined, sequence: number): StoredBlock | undefined {
  if (found?.get(HEADER.version) !== FORMAT_VERSION) return undefined;
  const file = found.get(HEADER.file);
  const crc = found.get(HEADER.crc);
  const [offset, length, lines] = [HEADER.offset, HEADER.length, HEADER.lines].map((name) =>
    parseCount(found.get(name)),
  );
  if (!FILE_ID.test(file) || offset === undefined || length === undefined || lines === undefined) return undefined;
  // No block has NaN: one whose CRC can't be read is damaged.
  return { file, offset, length, lines, crc: CRC.test(crc) ? Number.parseInt(crc, 16) : Number.NaN, sequence };
}
