import { expect, test } from "vitest";
import { LineWrapper } from "../../src/records/line-wrapper.ts";

const FIELDS = '"source":"npm","pid":7';

function wrap(lines: string | Buffer, wrappedBytesMax = Number.POSITIVE_INFINITY): string {
  const block = Buffer.from(lines);
  const wrapped = new LineWrapper(wrappedBytesMax).wrap(block, FIELDS);
  expect(block.equals(Buffer.from(lines))).toBe(true);
  return wrapped.toString();
}

test("a block in which no line is wrapped is returned as it is, without a copy", () => {
  const block = Buffer.from('{"a":1}\n\n{ "b": 2 }\r\n \n');
  expect(new LineWrapper(1000).wrap(block, FIELDS)).toBe(block);
});

test("lines that are not JSON objects are wrapped with the fields; the others stay in their places", () => {
  expect(wrap('text\n{"a":1}\n\n[1]\r\n{"b":2}\r\n"last"\n')).toBe(
    [
      '{"_raw":"text","source":"npm","pid":7}',
      '{"a":1}',
      "",
      '{"_raw":"[1]","source":"npm","pid":7}',
      '{"b":2}\r',
      '{"_raw":"\\"last\\"","source":"npm","pid":7}',
      "",
    ].join("\n"),
  );
});

test("bytes that aren't UTF-8 are kept as base64", () => {
  expect(wrap(Buffer.from([0xff, 0x0a]))).toBe('{"_raw_b64":"/w==","source":"npm","pid":7}\n');
});

test("a line that would be longer than the limit stays as it is, and the next one is wrapped", () => {
  const wrapped = '{"_raw":"ab","source":"npm","pid":7}\n';
  expect(wrap("ab\n", wrapped.length)).toBe(wrapped);
  expect(wrap("ab\na\n", wrapped.length - 1)).toBe('ab\n{"_raw":"a","source":"npm","pid":7}\n');
});

test("its memory is used again, and the fields are those of each call", () => {
  const wrapper = new LineWrapper(1000);
  wrapper.wrap(Buffer.from(`${"long ".repeat(50)}\n`), FIELDS);
  expect(wrapper.wrap(Buffer.from("b\n"), '"pid":8').toString()).toBe('{"_raw":"b","pid":8}\n');
});
