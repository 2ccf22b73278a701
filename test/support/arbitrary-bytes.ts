import fc from "fast-check";

const LF = 0x0a;

/** Any bytes, in which line feeds, CRs and blanks are at least as frequent as in log lines. */
export function bytesWithLines(maxLength: number): fc.Arbitrary<Buffer> {
  const byte = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 255 }) },
    { weight: 2, arbitrary: fc.constant(LF) },
    { weight: 1, arbitrary: fc.constantFrom(0x0d, 0x20, 0x09, 0x00) },
  );
  return fc.array(byte, { maxLength }).map((bytes) => Buffer.from(bytes));
}

/** The bytes in chunks of random lengths, 0 included. */
export function chunked(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    chunks.push(Buffer.from(bytes.subarray(at, at + length)));
    at += length;
  }
  return at < bytes.length ? [...chunks, Buffer.from(bytes.subarray(at))] : chunks;
}

export const chunkLengths: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 30 });

/**
 * A JSON object in any of the spellings JSON allows on one line: odd spacing, odd numbers, odd escapes, repeated keys.
 */
export const jsonObjectText: fc.Arbitrary<string> = fc
  .tuple(
    fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary", maxDepth: 3 })),
    fc.constantFrom("", " ", "\t", "  "),
    fc.constantFrom(
      "",
      ',"n":1e400',
      ',"n":12345678901234567890',
      ',"n":1,"n":2',
      ',"n":-0.10E+1',
      ',"s":"\\u0041\\/"',
    ),
  )
  .map(([object, space, more]) => `${space}{"k":0${more},"o":${JSON.stringify(object)}${space}}${space}`);
