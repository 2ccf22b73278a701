import { expect, test } from "vitest";
import { Audit, type FileAudit, isFlawed } from "../../src/forwarder/audit.ts";

/** Audits blocks of one file, given as offset and length. */
function audited(...blocks: (readonly [offset: number, length: number])[]): FileAudit | undefined {
  const audit = new Audit();
  for (const [sequence, [offset, length]] of blocks.entries())
    audit.add({ file: "00", host: "h", offset, length, lines: 1, crc: 0, sequence, isDamaged: false });
  return audit.files[0];
}

test("blocks that follow one another have no flaw", () => {
  const found = audited([0, 10], [10, 5], [15, 1]);
  expect(found).toMatchObject({ begin: 0, end: 16, blocks: 3, lines: 3, bytes: 16 });
  expect(found && isFlawed(found)).toBe(false);
});

test("a beginning that was removed is no flaw", () => {
  expect(audited([100, 10], [110, 5])).toMatchObject({ begin: 100, end: 115, gaps: 0, overlaps: 0 });
});

test("gaps and overlaps are counted with their bytes", () => {
  expect(audited([0, 10], [12, 5])).toMatchObject({ gaps: 1, gapBytes: 2, overlaps: 0 });
  expect(audited([0, 10], [10, 5], [10, 5])).toMatchObject({ gaps: 0, overlaps: 1, overlapBytes: 5, end: 15 });
  expect(audited([0, 10], [8, 5])).toMatchObject({ overlaps: 1, overlapBytes: 2, end: 13 });
});

test("files are told apart, and damage is counted", () => {
  const audit = new Audit();
  const block = { host: "h", offset: 0, length: 10, lines: 1, crc: 0, sequence: 1 };
  audit.add({ ...block, file: "00", isDamaged: false });
  audit.add({ ...block, file: "01", isDamaged: true });
  expect(audit.files).toMatchObject([
    { file: "00", damaged: 0 },
    { file: "01", damaged: 1 },
  ]);
});
