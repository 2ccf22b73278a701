import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { temporaryDirectory } from "./temporary-directory.ts";

/** A line as our producer writes it, with some of its fields replaced. */
export function producerLine(producer: string, seq: number, fields: Record<string, unknown> = {}): string {
  const line = { source: "producer", timestamp: 1000 + seq, level: "INFO", message: "ABC", producer, seq, sentAtNs: 1 };
  return `${JSON.stringify({ ...line, ...fields })}\n`;
}

/** Lines 0 to `count` - 1 of one producer. */
export function producerLines(producer: string, count: number, fields: Record<string, unknown> = {}): string {
  return Array.from({ length: count }, (_, seq) => producerLine(producer, seq, fields)).join("");
}

/** A file with this content in a directory of its own. */
export function logFile(content: string | Buffer, name = "app.jsonl"): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, content);
  return path;
}

/** A file with this many copies of a part, compressed if its name says so. The copies are not kept in memory. */
export async function repeatedFile(part: Buffer, times: number, name: string): Promise<string> {
  const path = join(temporaryDirectory(), name);
  const parts = function* (): Generator<Buffer> {
    for (let i = 0; i < times; i++) yield part;
  };
  const to = createWriteStream(path);
  await (name.endsWith(".gz") ? pipeline(parts, createGzip({ level: 1 }), to) : pipeline(parts, to));
  return path;
}
