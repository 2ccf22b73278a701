/** A line of exactly this many bytes; a JSON object if one fits. */
export function lineOf(bytes: number): Buffer {
  const frame = '{"a":""}';
  if (bytes < frame.length) return Buffer.alloc(bytes, "x");
  const line = Buffer.alloc(bytes, "y");
  line.write('{"a":"', 0);
  line.write('"}', bytes - 2);
  return line;
}

const TEXTS: readonly string[] = [
  "",
  " ",
  "\t \r",
  "{}",
  " {} ",
  "[]",
  "null",
  "true",
  "0",
  '"text"',
  "{",
  "}",
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{,"a":1}',
  '{"a":1 "b":2}',
  "{'a':1}",
  "{a:1}",
  '{"a":01}',
  '{"a":+1}',
  '{"a":.5}',
  '{"a":1.}',
  '{"a":1e}',
  '{"a":-}',
  '{"a":NaN}',
  '{"a":Infinity}',
  '{"a":0x10}',
  '{"a":1e400}',
  '{"a":-0}',
  '{"a":123456789012345678901234567890}',
  '{"a":1.0000000000000000000001}',
  '{"a":"\\u12"}',
  '{"a":"\\x41"}',
  '{"a":"\\ud800"}',
  '{"a":"\\ud83d\\ude00"}',
  '{"a":"\ttab"}',
  '{"a":"unclosed}',
  '{"a":1}}',
  '{"a":1}{"b":2}',
  '{"a":1} // comment',
  '{"a":1,"a":2}',
  '{"b":1,"a":2,"2":3,"1":4}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toString":1,"hasOwnProperty":2}',
  '{"":""}',
  '{"a":"\u007f\u0080\u009f\u2028\u2029\u202e\ufeff"}',
  '\ufeff{"a":1}',
  "\u001b[31mred\u001b[0m \u009b0m",
  '{"hello":"log-aggregator/1","producer":"not first","first":0}',
  '{"a":1}\r',
  "\r\r",
  "text\r",
];

const BYTES: readonly number[][] = [
  [0x00],
  [0x7b, 0x00, 0x7d],
  [0xff, 0xfe],
  [0xc0, 0xaf],
  [0xc3],
  [0xe2, 0x82],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0x80, 0x9b],
];

/**
 * Lines that have broken programs: edge cases of JSON, names of prototypes, control characters, invalid UTF-8, deep
 * nesting.
 */
export function corpus(): Buffer[] {
  const inString = BYTES.map((bytes) => Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]));
  const nested = [10, 100, 500].flatMap((depth) => [
    Buffer.from(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`),
    Buffer.from(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`),
  ]);
  const unclosed = [Buffer.from("[".repeat(100_000)), Buffer.from('{"a":'.repeat(100_000))];
  return [
    ...TEXTS.map((text) => Buffer.from(text)),
    ...BYTES.map((bytes) => Buffer.from(bytes)),
    ...inString,
    ...nested,
    ...unclosed,
  ];
}
