import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { repairTail } from "../../../src/sink/repair.ts";
import { type FaultRow, pick } from "../../support/fault-row.ts";
import type { Tally } from "../../support/fault-tally.ts";

const TAIL_BYTES = 64 * 1024;
/** A directory in memory, so that tens of thousands of syncs cost nothing. The code under test is the same. */
const WHERE = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A file that is cut at any byte of its last 64 KiB, and may end in NULs or garbage, as after a crash. */
export const tornTail: FaultRow = {
  name: "torn tails: cuts in the last 64 KiB, NUL and garbage ends",
  unit: "cuts",
  ci: 2000,
  long: 100_000,
  chunk: 2000,
  obstacle: () => undefined,

  async run(rounds, { random, tally }) {
    const directory = mkdtempSync(join(WHERE, "log-torn-"));
    try {
      const whole = Buffer.from(linesOf(TAIL_BYTES, random));
      for (let round = 0; round < rounds; round++) {
        const cut = whole.subarray(0, pick(random, 0, whole.length));
        repairOne(join(directory, "out"), Buffer.concat([cut, endOf(round % 4, random)]), tally);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

function linesOf(bytes: number, random: () => number): string {
  let text = "";
  for (let seq = 0; text.length < bytes; seq++) {
    text += `${JSON.stringify({ seq, message: "x".repeat(pick(random, 0, random() < 0.05 ? 9000 : 200)) })}\n`;
  }
  return text.slice(0, bytes);
}

/** What may follow a cut; none of it contains an LF. */
function endOf(kind: number, random: () => number): Buffer {
  const bytes = pick(random, 1, 5000);
  if (kind === 0) return Buffer.alloc(bytes);
  if (kind === 1) return Buffer.alloc(bytes, `${random()}\u0000\ufffd`.replace("\n", ""));
  if (kind === 2) return Buffer.alloc(70_000);
  return Buffer.alloc(0);
}

function repairOne(path: string, content: Buffer, tally: Tally): void {
  writeFileSync(path, content);
  const lines = content.subarray(0, content.lastIndexOf(0x0a) + 1);
  const fd = openSync(path, "r+");
  try {
    const repair = repairTail(fd, path, new Date());
    const size = `a file of ${content.length} bytes, ${lines.length} of them complete lines`;
    tally.add("cuts");
    tally.fault("complete lines changed").check(readFileSync(path).equals(lines), () => size);
    const torn = repair === undefined ? Buffer.alloc(0) : readFileSync(repair.movedTo);
    tally.fault("torn end not kept").check(torn.equals(content.subarray(lines.length)), () => size);
    tally.fault("found torn again").check(repairTail(fd, path, new Date()) === undefined, () => size);
    for (const name of readdirSync(join(path, ".."))) if (name !== basename(path)) rmSync(join(path, "..", name));
  } finally {
    closeSync(fd);
  }
}
