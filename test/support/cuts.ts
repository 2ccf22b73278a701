/** Every way to cut bytes into `parts` parts, each at least one byte long, in order. Each part is a copy. */
export function* cuts(bytes: Buffer, parts: number): Generator<Buffer[]> {
  if (parts === 1) {
    yield [Buffer.from(bytes)];
    return;
  }
  for (let at = 1; at <= bytes.length - parts + 1; at++) {
    for (const rest of cuts(bytes.subarray(at), parts - 1)) yield [Buffer.from(bytes.subarray(0, at)), ...rest];
  }
}

/** The bytes one by one. */
export function singleBytes(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (byte) => Buffer.of(byte));
}

/** The bytes as one part, in every cut into two, three and four parts, and byte by byte. */
export function* everyCut(bytes: Buffer): Generator<Buffer[]> {
  for (const parts of [1, 2, 3, 4]) yield* cuts(bytes, parts);
  yield singleBytes(bytes);
}
