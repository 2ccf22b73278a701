import { randomBytes } from "node:crypto";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COMPRESSIONS, Packer, UNPACKED_BYTES_MAX, unpacked } from "../../src/forwarder/engines/packing.ts";
import { runs } from "../support/property-runs.ts";

/** Text that compresses as lines do. */
function linesOf(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, n) => `{"n":${n},"msg":"request completed"}\n`).join(""));
}

describe.each(COMPRESSIONS)("%s", (compression) => {
  const compress =
    compression === "gzip"
      ? gzipSync
      : (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 2 } });

  test("blocks of any length are restored, and handed out in the order of the calls", async () => {
    const packer = new Packer(compression);
    const order: number[] = [];
    // The long ones take longer.
    const blocks = [linesOf(100_000), linesOf(20), linesOf(2000), linesOf(20)];
    const results = await Promise.all(
      blocks.map(async (bytes, n) => {
        const packed = await packer.pack(bytes);
        order.push(n);
        return packed;
      }),
    );
    expect(order).toEqual([0, 1, 2, 3]);
    for (const [n, { bytes, encoding }] of results.entries()) {
      const block = blocks[n] ?? Buffer.alloc(0);
      expect([encoding, bytes.length < block.length / 2]).toEqual([compression, true]);
      expect(unpacked(bytes, encoding ?? "", block.length)?.equals(block)).toBe(true);
    }
  });

  test("what doesn't become shorter is sent as it is", async () => {
    const noise = randomBytes(10_000);
    const { bytes, encoding } = await new Packer(compression).pack(noise);
    expect([encoding, bytes]).toEqual([undefined, noise]);
  });

  test("a bomb ends at the length that its message names", () => {
    const bomb = compress(Buffer.alloc(4 * 1024 * 1024));
    expect(unpacked(bomb, compression, 1000)).toBeUndefined();
    expect(unpacked(bomb, compression, UNPACKED_BYTES_MAX + 1)).toBeUndefined();
  });

  test("a message that is cut short or changed is never more than it says", () => {
    const block = linesOf(50);
    const whole = compress(block);
    const change = fc.record({ end: fc.nat(whole.length), at: fc.nat(whole.length - 1), flip: fc.nat(255) });
    fc.assert(
      fc.property(change, fc.nat(2 * block.length), ({ end, at, flip }, length) => {
        const bytes = Buffer.from(whole.subarray(0, end));
        if (at < end) bytes[at] = (bytes[at] ?? 0) ^ flip;
        const found = unpacked(bytes, compression, length);
        expect(found?.length ?? 0).toBeLessThanOrEqual(length);
        if (end < whole.length - 8) expect(found?.length).not.toBe(block.length);
      }),
      runs(300),
    );
  });
});

test.each(["zstd", "deflate", "GZIP", "gzip, br", "identity", " "])("the encoding %j isn't known", (encoding) => {
  expect(unpacked(gzipSync("x"), encoding, 1)).toBeUndefined();
});

test("a body that isn't compressed has no encoding", () => {
  expect(unpacked(Buffer.from("x"), "", 1)?.toString()).toBe("x");
  for (const encoding of COMPRESSIONS) expect(unpacked(Buffer.from("x\n"), encoding, 2)).toBeUndefined();
});
