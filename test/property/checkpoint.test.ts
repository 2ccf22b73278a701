import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import zlib from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32, tableCrc32 } from "../../src/checkpoint/crc32.ts";
import { SLOT_BYTES, SlotFile } from "../../src/checkpoint/slot-file.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const payload = fc.uint8Array({ minLength: 1, maxLength: 2000 }).map((bytes) => Buffer.from(bytes));

/** What a file of slots has after it was closed. */
function reopened(path: string): SlotFile {
  const slots = new SlotFile(path, "read");
  slots.close();
  return slots;
}

test("what was written last is read back, whatever came before", () => {
  const path = join(temporaryDirectory(), "slots");
  fc.assert(
    fc.property(fc.array(payload, { minLength: 1, maxLength: 6 }), (payloads) => {
      const slots = new SlotFile(path, "write");
      for (const one of payloads) slots.write(one);
      slots.close();
      expect(reopened(path).payload).toEqual(payloads.at(-1));
    }),
  );
});

test("a write that is torn anywhere leaves the payload before it", () => {
  const directory = temporaryDirectory();
  fc.assert(
    fc.property(payload, payload, fc.nat(), (before, after, cut) => {
      const path = join(directory, "torn");
      writeFileSync(path, "");
      const slots = new SlotFile(path, "write");
      slots.write(before);
      const old = readFileSync(path);
      slots.write(after);
      slots.close();
      const now = readFileSync(path);
      // The second write goes to the first slot. Of its bytes, only some reach the disk.
      const bytes = cut % (20 + after.length);
      const torn = Buffer.concat([now.subarray(0, bytes), old.subarray(bytes)]);
      writeFileSync(path, torn);
      const found = reopened(path);
      // Zeros at the end that didn't reach the disk are there all the same.
      expect(found.payload).toEqual(torn.equals(now) ? after : before);
      expect(found.isDamaged).toBe(false);
    }),
  );
});

test("a changed byte is noticed: the other slot counts, and without one the file is damaged", () => {
  const path = join(temporaryDirectory(), "changed");
  fc.assert(
    fc.property(payload, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, at, change) => {
      writeFileSync(path, "");
      const slots = new SlotFile(path, "write");
      slots.write(one);
      slots.close();
      const position = SLOT_BYTES + (at % (20 + one.length));
      const byte = readFileSync(path)[position] ?? 0;
      const fd = openSync(path, "r+");
      writeSync(fd, Buffer.of(byte ^ change), 0, 1, position);
      closeSync(fd);
      expect(reopened(path)).toMatchObject({ payload: undefined, isDamaged: true });
    }),
  );
});

test("a file that was cut short is damaged, and a new one isn't", () => {
  const path = join(temporaryDirectory(), "cut");
  const slots = new SlotFile(path, "write");
  expect(slots).toMatchObject({ payload: undefined, isDamaged: false });
  slots.write(Buffer.from("one"));
  slots.close();
  truncateSync(path, SLOT_BYTES + 10);
  expect(reopened(path)).toMatchObject({ payload: undefined, isDamaged: true });
});

test("the table's CRC is zlib's", () => {
  expect(tableCrc32(Buffer.from("123456789"))).toBe(0xcbf43926);
  const known = zlib.crc32 ?? tableCrc32;
  fc.assert(fc.property(payload, (bytes) => tableCrc32(bytes) === known(bytes) && crc32(bytes) === known(bytes)));
});
