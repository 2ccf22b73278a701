import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { REPAIR_BYTES_MAX } from "../../src/core/limits.ts";
import { type Repair, repairTail } from "../../src/sink/repair.ts";
import { expectOperational, thrownBy } from "../support/failure.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { mountTmpfs } from "../support/tmpfs.ts";

/** The stamp of the time that these tests pass to the repair. */
const STAMP = "19700101T000000000Z";

let directory = "";
beforeEach(() => {
  directory = temporaryDirectory();
});

function repair(path: string): Repair | undefined {
  const fd = openSync(path, "a+");
  try {
    return repairTail(fd, path, new Date(0));
  } finally {
    closeSync(fd);
  }
}

/** Cuts `text` short after `length` bytes, repairs, and expects whole lines here, the rest there, and no byte lost. */
function expectRepair(text: Buffer, length: number): void {
  const path = join(mkdtempSync(join(directory, "case-")), "out");
  const torn = `${path}.torn-${STAMP}`;
  const cut = text.subarray(0, length);
  const whole = cut.lastIndexOf(0x0a) + 1;
  writeFileSync(path, cut);
  const wanted = whole === length ? undefined : { bytes: length - whole, movedTo: torn };
  expect(repair(path), `cut at ${length}`).toEqual(wanted);
  expect(readFileSync(path).equals(cut.subarray(0, whole))).toBe(true);
  expect(existsSync(torn)).toBe(wanted !== undefined);
  if (wanted !== undefined) expect(readFileSync(torn).equals(cut.subarray(whole))).toBe(true);
  expect(repair(path), "a second repair finds nothing").toBeUndefined();
}

test("a file cut at any point keeps its whole lines, and the rest is moved aside", () => {
  const text = Buffer.from('{"a":1}\n\n{"b":"é"}\n{"c":3}\n');
  for (let length = 0; length <= text.length; length++) expectRepair(text, length);
});

test("the last LF is found wherever it is relative to the blocks that are read", () => {
  const stepBytes = 64 * 1024;
  for (const at of [0, 1, stepBytes - 2, stepBytes - 1, stepBytes, stepBytes + 1, 2 * stepBytes - 1, 2 * stepBytes]) {
    for (const tail of [0, 1, stepBytes - 1, stepBytes, stepBytes + 1, 3 * stepBytes]) {
      const text = Buffer.alloc(at + 1 + tail, "t").fill("\n", at, at + 1);
      expectRepair(text, text.length);
    }
  }
});

describe("a torn line", () => {
  test("without any LF before it leaves an empty file", () => {
    expectRepair(Buffer.alloc(200_000, "t"), 200_000);
  });

  test("is kept from others' eyes", () => {
    const path = join(directory, "out");
    writeFileSync(path, "torn", { mode: 0o644 });
    repair(path);
    expect(statSync(`${path}.torn-${STAMP}`).mode & 0o777).toBe(0o600);
  });

  test("gets a name of its own, and is written neither through a symbolic link nor into what is there", () => {
    const path = join(directory, "out");
    const victim = join(directory, "victim");
    writeFileSync(path, "whole\ntorn");
    writeFileSync(victim, "mine");
    symlinkSync(victim, `${path}.torn-${STAMP}`);
    writeFileSync(`${path}.torn-${STAMP}-1`, "an earlier one");
    expect(repair(path)).toEqual({ bytes: 4, movedTo: `${path}.torn-${STAMP}-2` });
    expect(readFileSync(victim, "utf8")).toBe("mine");
    expect(readFileSync(`${path}.torn-${STAMP}-1`, "utf8")).toBe("an earlier one");
    expect(readFileSync(`${path}.torn-${STAMP}-2`, "utf8")).toBe("torn");
    expect(readFileSync(path, "utf8")).toBe("whole\n");
  });
});

test("on a full disk nothing is changed, and the error says what to do", (context) => {
  const disk = mountTmpfs(context, 64 * 1024);
  const path = join(disk, "out");
  writeFileSync(path, "whole\ntorn");
  const ballast = openSync(join(disk, "ballast"), "w");
  expect(() => {
    for (;;) writeSync(ballast, Buffer.alloc(4096));
  }).toThrow("ENOSPC");
  closeSync(ballast);
  const error = expectOperational(
    thrownBy(() => repair(path)),
    "OUTPUT_UNWRITABLE",
  );
  expect(error.message).toBe(
    `the output's last line was cut short and can't be moved to ${path}.torn-${STAMP} (ENOSPC); free some space or fix that`,
  );
  expect(readFileSync(path, "utf8")).toBe("whole\ntorn");
  expect(readdirSync(disk).toSorted()).toEqual(["ballast", "out"]);
});

test("a file that has no line end for long is refused and left alone", () => {
  const path = join(directory, "out");
  const bytes = REPAIR_BYTES_MAX + 6;
  writeFileSync(path, "line\n");
  truncateSync(path, bytes);
  const { message } = expectOperational(
    thrownBy(() => repair(path)),
    "OUTPUT_NOT_LINES",
  );
  expect(message).toMatch(/has no line end in its last 1073741824 bytes/);
  expect(statSync(path).size).toBe(bytes);
  expect(readdirSync(directory)).toEqual(["out"]);
});

test("whole lines leave no trace of a repair", () => {
  const path = join(directory, "out");
  for (const text of ["", "\n", "a\n", "a\nb\n"]) {
    writeFileSync(path, text);
    const before = statSync(path, { bigint: true }).mtimeNs;
    expect(repair(path)).toBeUndefined();
    expect(statSync(path, { bigint: true }).mtimeNs).toBe(before);
  }
  expect(readdirSync(directory)).toEqual(["out"]);
});
