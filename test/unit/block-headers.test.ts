import { expect, test } from "vitest";
import { contentOf, headersOf } from "../../src/forwarder/engines/jetstream/headers.ts";

const BLOCK = { file: "0123456789abcdef", offset: 4096, bytes: Buffer.from("{}\n"), lines: 1, crc: 7, generation: 0 };

test("a block is what its headers say", () => {
  const { headers } = headersOf(BLOCK, { host: "h", encoding: undefined });
  const { file, offset, lines, crc } = BLOCK;
  expect(contentOf(headers, 9)).toEqual({ file, offset, length: 3, lines, crc, sequence: 9, host: "h", encoding: "" });
});

test.each([
  ["Log-File", "../../etc/passwd"],
  ["Log-Offset", "-1"],
  ["Log-Length", "1e3"],
  ["Log-Lines", ""],
])("a message in which %s is %j is another program's", (name, value) => {
  const { headers } = headersOf(BLOCK, { host: "h", encoding: undefined });
  headers.set(name, value);
  expect(contentOf(headers, 1)).toBeUndefined();
});

test("a CRC that can't be read is no block's", () => {
  const { headers } = headersOf(BLOCK, { host: "h", encoding: undefined });
  headers.set("Log-Crc32", "0x10");
  expect(contentOf(headers, 1)?.crc).toBeNaN();
});
