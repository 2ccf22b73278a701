/** Every way to cut bytes into `pieces` pieces, each at least one byte long, order kept. Each piece is a copy. */
export function* cuts(bytes: Buffer, pieces: number): Generator<Buffer[]> {
  if (pieces === 1) {
    yield [Buffer.from(bytes)];
    return;
  }
  for (let at = 1; at <= bytes.length - pieces + 1; at++) {
    for (const rest of cuts(bytes.subarray(at), pieces - 1)) yield [Buffer.from(bytes.subarray(0, at)), ...rest];
  }
}

/** The bytes one by one. */
export function singleBytes(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (byte) => Buffer.of(byte));
}

/** Whole, every cut into two, three and four pieces, and byte by byte. */
export function* everyCut(bytes: Buffer): Generator<Buffer[]> {
  for (const pieces of [1, 2, 3, 4]) yield* cuts(bytes, pieces);
  yield singleBytes(bytes);
}
