import { isUtf8 } from "node:buffer";
import { LINE_FEED } from "../../../core/whole-lines.ts";
import type { Block } from "../engine.ts";
import { keyValuesJson } from "./any-value.ts";
import { recordOfBytes, recordOfText } from "./log-record.ts";

/** Whom the lines are from, in OpenTelemetry's words. */
export interface Resource {
  readonly host: string;
  readonly service: string;
}

/** A line of a block: its first byte, and the one behind its last, line feeds not counted. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** The lines of a block, of which the last one may lack its line feed. */
export function linesOf({ bytes }: Pick<Block, "bytes">): LineRange[] {
  const lines: LineRange[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found < 0 ? bytes.length : found;
    lines.push({ start, end });
    start = end + 1;
  }
  return lines;
}

/** Makes ExportLogsServiceRequests in OTLP/JSON. */
export class RequestEncoder {
  readonly #head: string;

  constructor({ host, service }: Resource) {
    const resource = `{"attributes":[${keyValuesJson({ "host.name": host, "service.name": service }, [])}]}`;
    this.#head = `{"resourceLogs":[{"resource":${resource},"scopeLogs":[{"scope":{"name":"log-aggregator"},"logRecords":[`;
  }

  /** @param observedMs when the lines were read, milliseconds since 1970 */
  encode(block: Block, lines: readonly LineRange[], observedMs: number): Buffer {
    const observedTimeUnixNano = `${observedMs}000000`;
    const isText = isUtf8(block.bytes);
    const records = lines.map((line) => recordAt(block, line, { observedTimeUnixNano, isText }));
    return Buffer.from(`${this.#head}${records.join(",")}]}]}]}`);
  }
}

/** A request without records, which a server has to accept. */
export const EMPTY_REQUEST: Buffer = Buffer.from('{"resourceLogs":[]}');

function recordAt(
  { file, offset, bytes }: Block,
  { start, end }: LineRange,
  { observedTimeUnixNano, isText }: { readonly observedTimeUnixNano: string; readonly isText: boolean },
): string {
  const observation = { uid: `${file}:${offset + start}`, observedTimeUnixNano };
  const line = bytes.subarray(start, end);
  return isText || isUtf8(line) ? recordOfText(line.toString(), observation) : recordOfBytes(line, observation);
}
