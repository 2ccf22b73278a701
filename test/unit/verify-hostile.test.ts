import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type VerifyOptions, verify } from "../../src/lab/verify.ts";
import { logFile, producerLine, producerLines, repeatedFile } from "../support/log-files.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const MiB = 1024 * 1024;
const HONEST = producerLines("a", 3);

describe("lines that no producer wrote", () => {
  test.for<[what: string, content: string | Buffer, invalid: number, foreign: number]>([
    ["numbers, texts, arrays and null", 'null\n1\n"x"\n[]\ntrue\n', 5, 0],
    ["NUL bytes", "\0\0\0\n", 1, 0],
    ["invalid UTF-8", Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xc0]), Buffer.from('"}\n')]), 1, 0],
    ["nothing but blanks", "\n \n\t\r\n", 3, 0],
    ["containers within each other", `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}\n`, 1, 0],
    [
      "numbers that are no line numbers",
      [-1, 1.5, 2 ** 53, 1e300, "5", null].map((seq) => producerLine("b", seq as number)).join(""),
      0,
      6,
    ],
    ["names that are no texts", producerLine("b", 0, { producer: 7 }) + producerLine("b", 0, { run: null }), 0, 2],
  ])("%s: not judged as one, and in nobody's way", async ([, content, invalid, foreign]) => {
    for (const compress of [false, true]) {
      const bytes = Buffer.concat([
        Buffer.from(producerLine("a", 0)),
        Buffer.from(content),
        Buffer.from(producerLine("a", 1)),
      ]);
      const path = compress ? logFile(gzipSync(bytes), "x.gz") : logFile(bytes);
      expect(await verify([path])).toMatchObject({ invalid, foreign, runs: [{ lines: 2, missing: 0 }] });
    }
  });

  test("a line of more than 64 KiB is a producer's only in the form that our producer writes", async () => {
    const long = "x".repeat(64 * 1024);
    const spaced = `${JSON.stringify({ producer: "a", seq: 2, sentAtNs: 1, timestamp: 1, message: long })}\n`;
    const path = logFile(producerLine("a", 0, { message: long }) + producerLine("a", 1, { run: undefined }) + spaced);
    expect(await verify([path])).toMatchObject({ foreign: 1, runs: [{ lines: 2 }], outcome: "intact" });
  });

  test("a time that no calendar holds is kept as it is", async () => {
    const path = logFile(HONEST + producerLine("a", 3, { timestamp: 1e300 }));
    expect(await verify([path])).toMatchObject({ outcome: "intact", runs: [{ firstAt: 1000, lastAt: 1e300 }] });
  });

  test("one forged number is one implausible number", async () => {
    const path = logFile(producerLines("a", 1000) + producerLine("a", Number.MAX_SAFE_INTEGER));
    const { flaws, runs } = await verify([path]);
    expect(flaws).toEqual([{ kind: "jumps", count: 1 }]);
    expect(runs[0]).toMatchObject({ lines: 1001, missing: 0, jumps: [[1000, Number.MAX_SAFE_INTEGER - 1]] });
  });

  test("a name of a mebibyte is counted and not remembered", async () => {
    const path = logFile(HONEST + producerLine("x".repeat(MiB), 0) + producerLine("a", 3, { run: "x".repeat(257) }));
    expect(await verify([path])).toMatchObject({
      outcome: "undecided",
      others: 2,
      runs: [{ producer: "a", lines: 3 }],
    });
  });
});

describe("limits", () => {
  test("producers beyond the limit are counted as others, and those before it are accounted for", async () => {
    const names = Array.from({ length: 1000 }, (_, i) => producerLine(`p${i}`, 0)).join("");
    const verdict = await verify([logFile(HONEST + names + producerLine("a", 3))], { producersMax: 10 });
    expect(verdict).toMatchObject({ outcome: "undecided", others: 991, doubts: [{ kind: "others", count: 991 }] });
    expect([verdict.runs.length, verdict.runs[0]?.lines]).toEqual([10, 4]);
  });

  test("a line above the limit is left out, however it is spread over chunks, and makes the answer uncertain", async () => {
    for (const length of [1001, 70_000, 3 * MiB]) {
      const long = producerLine("a", 3, { message: "x".repeat(length) });
      const verdict = await verify([logFile(HONEST + long + producerLine("a", 3))], { lineBytesMax: 1000 });
      expect(verdict).toMatchObject({ outcome: "undecided", oversize: 1, invalid: 0, runs: [{ lines: 4 }] });
    }
  });

  test("a file that never ends its line is one line too long", async () => {
    const path = await repeatedFile(Buffer.alloc(MiB, "x"), 64, "x.jsonl.gz");
    expect(await verify([path], { lineBytesMax: MiB })).toMatchObject({ oversize: 1, lines: 0, torn: [path] });
  });

  test("stops at the limit of bytes, and says which files it left unread", async () => {
    const bomb = await repeatedFile(Buffer.alloc(MiB, "\n"), 64, "bomb.jsonl.gz");
    const later = logFile(producerLines("b", 3));
    const verdict = await verify([logFile(HONEST), bomb, later], { bytesMax: 4 * MiB });
    expect(verdict).toMatchObject({ unread: [bomb, later], torn: [], runs: [{ producer: "a", lines: 3 }] });
    expect(verdict.bytes).toBeLessThanOrEqual(4 * MiB);
    expect(verdict.doubts).toContainEqual({ kind: "unread", count: 2 });
  });

  test("what may be in lines that were not judged isn't called missing", async () => {
    const long = producerLines("a", 2) + producerLine("a", 2, { message: "x".repeat(2000) }) + producerLine("a", 3);
    const path = logFile(long);
    const outcome = async (options: VerifyOptions): Promise<string[]> => {
      const { outcome, flaws, doubts } = await verify([path], options);
      return [outcome, ...[...flaws, ...doubts].map(({ kind, count }) => `${kind} ${count}`)];
    };
    const claims = [{ producer: "a", run: "", sent: 4, unsent: 0, isNumbered: true }];
    const lineBytesMax = 1000;
    expect(await outcome({ lineBytesMax })).toEqual(["undecided", "oversize 1", "missing 1"]);
    expect(await outcome({ lineBytesMax, claims })).toEqual(["undecided", "oversize 1", "lost 1"]);
    expect(await outcome({ lineBytesMax, expected: { lines: 4 } })).toEqual([
      "undecided",
      "oversize 1",
      "missing 1",
      "fewerLines 1",
    ]);
    expect(await outcome({ bytesMax: 10, claims })).toEqual(["undecided", "unread 1", "lost 4"]);
    expect(await outcome({ claims })).toEqual(["complete"]);
  });

  test("lines of producers that are not accounted for may meet a claim, and fill no other's gap", async () => {
    const path = logFile(producerLine("a", 0) + producerLine("a", 2) + producerLine("b", 0));
    const claims = ["a", "b"].map((producer) => ({ producer, run: "", sent: 1, unsent: 2, isNumbered: true }));
    expect(await verify([path], { claims, producersMax: 1 })).toMatchObject({
      outcome: "undecided",
      doubts: [
        { kind: "others", count: 1 },
        { kind: "lost", count: 1 },
      ],
    });
    expect(await verify([path], { producersMax: 1 })).toMatchObject({
      outcome: "flawed",
      flaws: [{ kind: "missing", count: 1 }],
    });
  });

  test("a line longer than the check takes is one that was not looked at, whatever the limit", async () => {
    const path = await repeatedFile(Buffer.alloc(MiB, " "), 65, "x.jsonl.gz");
    expect(await verify([path], { lineBytesMax: 100 * MiB })).toMatchObject({ oversize: 1, invalid: 0 });
  });

  test("reading may end exactly at the limit", async () => {
    expect(await verify([logFile(HONEST)], { bytesMax: HONEST.length })).toMatchObject({
      unread: [],
      outcome: "intact",
    });
  });
});

describe("what can't be read is refused with its reason", () => {
  const refused = (path: string, reason: string): Promise<void> =>
    expect(verify([path])).rejects.toMatchObject({
      code: "INPUT_UNREADABLE",
      message: expect.stringContaining(`${path} ${reason}`),
    });

  test("a file that isn't there, a directory, a FIFO, a device", async () => {
    const directory = temporaryDirectory();
    await refused(join(directory, "none"), "doesn't exist");
    mkdirSync(join(directory, "d"));
    await refused(join(directory, "d"), "is a directory");
    execFileSync("mkfifo", [join(directory, "f")]);
    await refused(join(directory, "f"), "is a FIFO");
    await refused("/dev/zero", "is a device");
    symlinkSync("loop", join(directory, "loop"));
    await refused(join(directory, "loop"), "can't be read (ELOOP)");
  });

  test("what ends with .gz and isn't gzip, or is cut short", async () => {
    await refused(logFile("no gzip", "a.gz"), "ends with .gz and isn't gzip");
    await refused(logFile(gzipSync(producerLines("a", 1000)).subarray(0, 100), "b.gz"), "is an incomplete gzip file");
    await refused(logFile("", "c.gz"), "is an incomplete gzip file");
  });

  test("what follows gzip's members is no part of the lines, and isn't passed over", async () => {
    await refused(
      logFile(Buffer.concat([gzipSync(HONEST), Buffer.from(HONEST)]), "t.gz"),
      "ends with .gz and isn't gzip",
    );
  });

  test("several gzip members are one file", async () => {
    const members = Buffer.concat([gzipSync(producerLine("a", 0)), gzipSync(producerLine("a", 1))]);
    expect(await verify([logFile(members, "m.gz")])).toMatchObject({ lines: 2, outcome: "intact" });
  });

  test("what is appended while it is read is left for the next time", async () => {
    const path = logFile(producerLines("a", 2000));
    const reading = verify([path]);
    writeFileSync(path, producerLine("a", 2000), { flag: "a" });
    expect(await reading).toMatchObject({ lines: 2000, torn: [] });
  });
});
