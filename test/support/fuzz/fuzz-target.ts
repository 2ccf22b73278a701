import type { Random } from "../json-inputs.ts";

/** A parser, and an oracle that says whether it is right about an input. */
export interface FuzzTarget {
  readonly name: string;
  /** Cases of the short form, which `npm test` runs. */
  readonly short: number;
  /** Cases of the long form: `npm run torture -- --only security`. */
  readonly long: number;
  /** @throws AssertionError with the input that the parser is wrong about */
  fuzz(random: Random, cases: number): void;
}

export function oneOf<Item>(random: Random, items: readonly [Item, ...Item[]]): Item {
  return items[random(items.length)] ?? items[0];
}

/** The bytes in chunks of random lengths, 0 included. */
export function inChunks(random: Random, bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  const longest = 1 + random(bytes.length + 1);
  for (let at = 0; at < bytes.length; ) {
    const end = at + random(longest + 1);
    chunks.push(Buffer.from(bytes.subarray(at, end)));
    at = end;
  }
  return chunks;
}

/** Text with up to three slips: characters that are removed, doubled, exchanged or put in. */
export function withSlips(random: Random, text: string, characters: string): string {
  let slipped = text;
  for (let slips = random(4); slips > 0; slips--) {
    const at = random(slipped.length + 1);
    const put = characters[random(characters.length)] ?? "";
    const rest = slipped.slice(at);
    slipped =
      slipped.slice(0, at) + oneOf(random, [put + rest, rest.slice(1), put + rest.slice(1), rest.slice(0, 1) + rest]);
  }
  return slipped;
}

/** Values of every type of JSON, and those that trip programs that expect another one. */
export const ODD_VALUES: readonly [unknown, ...unknown[]] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  1e300,
  "",
  "7",
  "0x10",
  "\u0000",
  [],
  [[]],
  {},
  { toString: 1, valueOf: 1 },
  { length: 1 },
  { toJSON: 1 },
];
