import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Evidence, judge } from "../support/fault-judge.ts";
import { Tally } from "../support/fault-tally.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const line = (producer: string, seq: number): string => `{"producer":"${producer}","seq":${seq}}\n`;
const lines = (producer: string, ...seqs: number[]): string => seqs.map((seq) => line(producer, seq)).join("");

async function judged(content: string, evidence: Omit<Evidence, "files">): Promise<Tally> {
  const file = join(temporaryDirectory(), "out.jsonl");
  writeFileSync(file, content);
  const tally = new Tally();
  await judge(tally, { ...evidence, files: [file] });
  return tally;
}

const five = { producer: "a", sent: 4, acked: 3 };
const ledger = { residue: 0, stored: 5 };

test("a file with what was sent passes, and every zero says out of how many", async () => {
  const tally = await judged(lines("a", 0, 1, 2, 3, 4), { journals: [five], ledger });
  expect(tally.broken()).toEqual([]);
  expect(String(tally)).toBe(
    "lines 5, lost 0 of 4, malformed 0 of 5, invented 0 of 5, misordered 0 of 5, duplicated 0 of 5, misreported 0 of 2",
  );
});

test.for<[name: string, content: string, evidence: Partial<Evidence>, broken: RegExp]>([
  ["the last acknowledged line is missing", lines("a", 0, 1, 2), {}, /^lost 1 of 4: a: 3 to 3/],
  ["a line between is missing, though later ones weren't owed", lines("a", 0, 1, 2, 4), {}, /^lost 1 of 4/],
  ["all lines of a producer are missing", "", { journals: [five, { ...five, producer: "b" }] }, /^lost 8 of 8/],
  ["a line comes again", lines("a", 0, 1, 1, 2, 3), {}, /^duplicated 1 of 5: a: line 1/],
  ["two lines change places", lines("a", 0, 2, 1, 3), {}, /^misordered 1 of 4: a: line 1 late/],
  [
    "lines come again out of order",
    lines("a", 0, 1, 2, 3, 1, 3),
    { repeats: "allowed" },
    /^misordered 1 of 6: a: line 3 again, out of order/,
  ],
  ["a line was never sent", lines("a", 0, 1, 2, 3, 4, 5), {}, /^invented 1 of 6: a: line 5, sent up to 4/],
  ["a producer was never there", lines("a", 0, 1, 2, 3) + line("x", 0), {}, /^invented 1 of 5: x/],
  [
    "two lines are merged",
    `${lines("a", 0, 1, 2, 3).trimEnd()}${line("a", 4)}`,
    {},
    /^lost 1 of 4.*\nmalformed 1 of 4/,
  ],
  ["a line is torn", `${lines("a", 0, 1, 2, 3)}{"producer":"a","s\n`, {}, /^malformed 1 of 5/],
  ["the file ends inside a line", lines("a", 0, 1, 2, 3).trimEnd(), {}, /^malformed 1 of 4: .* ends inside a line/],
  ["the ledger counts a line too many", lines("a", 0, 1, 2, 3), { ledger }, /^misreported 1 of 2: 4 lines are stored/],
  [
    "the ledger has a residue",
    lines("a", 0, 1, 2, 3, 4),
    { ledger: { ...ledger, residue: 1 } },
    /^misreported 1 of 2: a residue/,
  ],
  [
    "a producer claims a line too many",
    lines("a", 0, 1, 2, 3),
    { journals: [{ ...five, claimed: 5 }] },
    /^misreported 1 of 1: a says 5 sent, 4 are stored/,
  ],
  [
    "the beginning of a line that the kernel took is missing",
    lines("a", 0, 1, 2, 3),
    { journals: [{ ...five, partials: ['{"producer":"a","se'] }] },
    /^lost 1 of 5: the beginning of a line/,
  ],
])("%s", async ([, content, evidence, broken]) => {
  const tally = await judged(content, { journals: [five], ...evidence });
  expect(tally.broken().join("\n")).toMatch(broken);
});

test("beginnings of lines are stored wrapped, and one that lacks only its LF as the line that it is", async () => {
  const partials = ['{"producer":"b","s', '{"drip":"x', '{"drip":"x'];
  const wrapped = partials.map((_raw) => `${JSON.stringify({ _raw })}\n`).join("");
  const journals = [
    { producer: "a", sent: 1, acked: 1, partials: [line("a", 2).trimEnd()] },
    { producer: "b", sent: -1, acked: -1, partials },
  ];
  const tally = await judged(lines("a", 0, 1, 2) + wrapped, { journals });
  expect(tally.broken()).toEqual([]);
  expect(String(tally)).toContain("lost 0 of 6");
});

test("repeats after a crash are counted and the ledger doesn't know them", async () => {
  const tally = await judged(lines("a", 0, 1, 2, 1, 2, 3, 4), { journals: [five], ledger, repeats: "allowed" });
  expect(tally.broken()).toEqual([]);
  expect(String(tally)).toContain("duplicates 2");
});

test("what the kernel may drop is not lost, and the caller learns how much is there", async () => {
  const file = join(temporaryDirectory(), "out.jsonl");
  writeFileSync(file, lines("d", 0, 3, 4));
  const tally = new Tally();
  const journals = [{ producer: "d", sent: 9, acked: -1, lossy: true } as const, five];
  expect(await judge(tally, { files: [file], journals })).toEqual(
    new Map([
      ["d", 3],
      ["a", 0],
    ]),
  );
  expect(tally.broken()).toEqual(["lost 4 of 4: a: 0 to 3, owed up to 3"]);
});

test("a promise that was never examined breaks the row, and so does a figure above its limit", () => {
  const tally = new Tally();
  tally.fault("lost");
  tally.measure("rssMB", 170, 160);
  tally.measure("rssMB", 150, 160);
  tally.uncounted("torn", "datagrams have no beginning");
  expect(tally.broken()).toEqual(["lost: nothing was examined", "rssMB 170, 160 at most"]);
  expect(String(tally)).toBe("rssMB 170, lost 0 of 0, torn – (datagrams have no beginning)");
});
