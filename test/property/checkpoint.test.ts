import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import zlib from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32, tableCrc32 } from "../../src/checkpoint/crc32.ts";
import { SLOT_BYTES, SLOTS, SlotFile } from "../../src/checkpoint/slot-file.ts";
import { tryLock } from "../../src/os/file-lock.ts";
import { runs } from "../support/property-runs.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Each syncs its file. */
const RUNS = runs(30);

const payload = fc.uint8Array({ min: 1, minLength: 1, maxLength: 2000 }).map((bytes) => Buffer.from(bytes));

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
    RUNS,
  );
});

test("a write that is torn anywhere leaves the payload before it, although nothing was synced", () => {
  const directory = temporaryDirectory();
  fc.assert(
    fc.property(fc.array(payload, { minLength: 2, maxLength: 5 }), fc.nat(), (payloads, cut) => {
      const path = join(directory, "torn");
      writeFileSync(path, "");
      const slots = new SlotFile(path, "write");
      let old = Buffer.alloc(0);
      for (const one of payloads) {
        old = readFileSync(path);
        slots.write(one);
      }
      slots.close();
      const now = readFileSync(path);
      const first = now.findIndex((byte, at) => byte !== old[at]);
      // Of the bytes that differ, only some were written.
      const torn = Buffer.concat([now.subarray(0, first + (cut % 2000)), old.subarray(first + (cut % 2000))]);
      writeFileSync(path, torn);
      const found = reopened(path);
      expect(found.payload).toEqual(torn.equals(now) ? payloads.at(-1) : payloads.at(-2));
      expect(found.isDamaged).toBe(false);
    }),
    RUNS,
  );
});

const SECTOR_BYTES = 512;

/** Text, as a checkpoint is. The first one is synced; of the others, those that are. */
const written = fc.record({ text: fc.string({ minLength: 1, maxLength: 3000, size: "max" }), isSynced: fc.boolean() });

test("whatever of the writes since the last sync has reached the disk, what was synced or a later payload is read", () => {
  const directory = temporaryDirectory();
  const versions = fc.array(fc.nat(), { minLength: SLOTS * (SLOT_BYTES / SECTOR_BYTES), maxLength: 200 });
  fc.assert(
    fc.property(fc.array(written, { maxLength: 6 }), written, versions, (later, first, chosen) => {
      const path = join(directory, "cut");
      writeFileSync(path, "");
      const slots = new SlotFile(path, "write");
      // What the disk may have of each sector, and which payloads.
      let images = [readFileSync(path)];
      let texts: (string | undefined)[] = [undefined];
      for (const [at, { text, isSynced }] of [first, ...later].entries()) {
        slots.write(Buffer.from(text));
        if ((at === 0 && later.length > 0) || isSynced) {
          slots.sync();
          [images, texts] = [[], []];
        }
        images.push(readFileSync(path));
        texts.push(text);
      }
      slots.close();
      const sectors = Array.from({ length: SLOTS * (SLOT_BYTES / SECTOR_BYTES) }, (_, sector) => {
        const image = images[(chosen[sector] ?? 0) % images.length];
        return image?.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES) ?? Buffer.alloc(SECTOR_BYTES);
      });
      writeFileSync(path, Buffer.concat(sectors));
      const found = reopened(path);
      expect(found.isDamaged).toBe(false);
      expect(texts).toContain(found.payload?.toString());
    }),
    RUNS,
  );
});

test("what a killed process has written and not synced is synced before it is relied on", () => {
  const path = join(temporaryDirectory(), "killed");
  const slots = new SlotFile(path, "write");
  for (const text of ["one", "two", "three"]) slots.write(Buffer.from(text));
  slots.close();
  const next = new SlotFile(path, "write");
  const image = readFileSync(path);
  for (const text of ["four", "five", "six"]) next.write(Buffer.from(text));
  next.close();
  const now = readFileSync(path);
  const kept = [0, 1, 2].filter((slot) => {
    const [from, to] = [slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES];
    return image.subarray(from, to).equals(now.subarray(from, to));
  });
  writeFileSync(path, Buffer.concat(kept.map((slot) => image.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES))));
  expect(reopened(path).payload?.toString()).toBe("three");
});

test("a changed byte is noticed: another slot counts, and without one the file is damaged", () => {
  const path = join(temporaryDirectory(), "changed");
  fc.assert(
    fc.property(fc.tuple(payload, payload), fc.nat(), fc.integer({ min: 1, max: 255 }), ([one, two], at, change) => {
      writeFileSync(path, "");
      const slots = new SlotFile(path, "write");
      slots.write(one);
      slots.write(two);
      slots.close();
      const fd = openSync(path, "r+");
      const flip = (position: number): void => {
        const byte = readFileSync(path)[position] ?? 0;
        writeSync(fd, Buffer.of(byte ^ change), 0, 1, position);
      };
      flip(SLOT_BYTES + (at % (20 + two.length)));
      expect(reopened(path)).toMatchObject({ payload: one, isDamaged: false });
      flip(at % (20 + one.length));
      closeSync(fd);
      expect(reopened(path)).toMatchObject({ payload: undefined, isDamaged: true });
    }),
    RUNS,
  );
});

test("a file that was cut short is damaged, and a new one isn't", () => {
  const path = join(temporaryDirectory(), "cut");
  const slots = new SlotFile(path, "write");
  expect(slots).toMatchObject({ payload: undefined, isDamaged: false });
  slots.write(Buffer.from("one"));
  slots.close();
  truncateSync(path, 10);
  expect(reopened(path)).toMatchObject({ payload: undefined, isDamaged: true });
});

test("a file that another process has locked is neither read nor changed", () => {
  const path = join(temporaryDirectory(), "locked");
  writeFileSync(path, "", { mode: 0o640 });
  const fd = openSync(path, "r");
  expect(tryLock(fd)).toBe(true);
  const slots = new SlotFile(path, "write");
  expect(slots).toMatchObject({ isLocked: false, payload: undefined });
  slots.close();
  expect(statSync(path)).toMatchObject({ size: 0, mode: 0o100640 });
  closeSync(fd);
});

test("the table's CRC is zlib's", () => {
  expect(tableCrc32(Buffer.from("123456789"))).toBe(0xcbf43926);
  const known = zlib.crc32 ?? tableCrc32;
  fc.assert(fc.property(payload, (bytes) => tableCrc32(bytes) === known(bytes) && crc32(bytes) === known(bytes)));
});
