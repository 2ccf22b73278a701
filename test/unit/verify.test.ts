import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { SentClaim } from "../../src/lab/done-events.ts";
import { type Verdict, verify } from "../../src/lab/verify.ts";
import { logFile, producerLine, producerLines } from "../support/log-files.ts";

/** A line of a producer's run. */
function line(producer: string, seq: number, run?: string): string {
  return producerLine(producer, seq, run === undefined ? {} : { run });
}

function claim(producer: string, sent: number, fields: Partial<SentClaim> = {}): SentClaim {
  return { producer, run: "", sent, unsent: 0, isNumbered: true, ...fields };
}

/** Its findings as `kind count`. */
function findings({ flaws, doubts }: Verdict): string[] {
  return [...flaws, ...doubts].map(({ kind, count }) => `${kind} ${count}`);
}

describe("verify", () => {
  test("finds nothing in whole files, whichever way the lines of several producers are mixed", async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => line("a", i) + line("b", i)).join("");
    const verdict = await verify([logFile(lines)]);
    expect(verdict).toMatchObject({ lines: 10_000, invalid: 0, foreign: 0, torn: [], outcome: "intact" });
    expect(verdict.runs.map(({ producer, lines: count, missing }) => [producer, count, missing])).toEqual([
      ["a", 5000, 0],
      ["b", 5000, 0],
    ]);
  });

  test("reads a producer's lines across rotated and compressed files as one", async () => {
    const first = logFile(gzipSync(line("a", 0) + line("a", 1)), "out.1.gz");
    const second = logFile(line("a", 2));
    expect(await verify([first, second])).toMatchObject({ lines: 3, outcome: "intact" });
    expect(findings(await verify([second, first]))).toEqual(["reordered 2"]);
  });

  test("counts each run of a producer for itself: a second one is neither a duplicate nor a continuation", async () => {
    const restarted = line("a", 0, "r1") + line("a", 1, "r1") + line("a", 0, "r2") + line("a", 1, "r2");
    const verdict = await verify([logFile(restarted + line("a", 0))]);
    expect(verdict).toMatchObject({ lines: 5, outcome: "intact" });
    expect(verdict.runs.map(({ producer, run, lines }) => [producer, run, lines])).toEqual([
      ["a", "r1", 2],
      ["a", "r2", 2],
      ["a", "", 1],
    ]);
    const lost = await verify([logFile(line("a", 0, "r1") + line("a", 1, "r2"))]);
    expect(lost.runs.map(({ run, missingRanges }) => [run, missingRanges])).toEqual([
      ["r1", []],
      ["r2", [[0, 0]]],
    ]);
  });

  test("takes no producer's run for another's, whatever is in their names", async () => {
    const content = line("1b", 0, "a") + line("b", 0, "a1") + line("", 0, "a1b") + line("2 a1b", 0);
    const verdict = await verify([logFile(content)]);
    expect([verdict.runs.length, verdict.outcome]).toEqual([4, "intact"]);
  });

  test("names what is missing, double, late, invalid, foreign and torn", async () => {
    const content = `${line("a", 1)}${line("a", 4)}${line("a", 4)}${line("a", 3)}{"other":1}\n{"half\n\n{"_raw":"x"}\n{"to`;
    const path = logFile(content);
    const verdict = await verify([path]);
    expect(verdict).toMatchObject({ lines: 8, foreign: 2, invalid: 3, torn: [path], outcome: "flawed" });
    expect(findings(verdict)).toEqual(["missing 2", "duplicates 1", "reordered 1", "invalid 3", "torn 1"]);
    expect(verdict.runs).toEqual([
      {
        producer: "a",
        run: "",
        lines: 3,
        missing: 2,
        missingRanges: [
          [0, 0],
          [2, 2],
        ],
        moreRanges: 0,
        jumps: [],
        moreJumps: 0,
        duplicates: 1,
        reordered: 1,
        unplaced: 0,
        firstAt: 1001,
        lastAt: 1004,
        claim: null,
      },
    ]);
  });

  test("a last line without its end counts, when it is whole otherwise, and is torn", async () => {
    const verdict = await verify([logFile((line("a", 0) + line("a", 1)).trimEnd())]);
    expect([verdict.lines, verdict.runs[0]?.lines, ...findings(verdict)]).toEqual([1, 2, "torn 1"]);
  });

  test("a line doesn't go on in the next file", async () => {
    const [start, end] = [line("a", 0).slice(0, 20), line("a", 0).slice(20)];
    expect(await verify([logFile(start), logFile(end)])).toMatchObject({
      invalid: 2,
      runs: [],
      torn: [expect.anything()],
    });
  });

  test("files without a producer's line are neither intact nor flawed", async () => {
    for (const content of ["", '{"a":1}\n']) {
      expect(await verify([logFile(content)])).toMatchObject({ outcome: "nothing", flaws: [], doubts: [] });
    }
    expect(await verify([logFile(gzipSync(""), "x.gz")])).toMatchObject({ outcome: "nothing" });
  });
});

describe("verify with what is expected", () => {
  const path = (): string => logFile(producerLines("a", 3) + producerLines("b", 2));

  test("is complete when the number of lines is right", async () => {
    expect(await verify([path()], { expected: { lines: 5, producers: 2 } })).toMatchObject({ outcome: "complete" });
    expect(await verify([path()], { expected: { lines: 5 } })).toMatchObject({ outcome: "complete" });
  });

  test("finds last lines and producers that are missing, and such that are too many", async () => {
    expect(findings(await verify([path()], { expected: { lines: 6, producers: 3 } }))).toEqual([
      "fewerLines 1",
      "fewerProducers 1",
    ]);
    expect(findings(await verify([path()], { expected: { lines: 4 } }))).toEqual(["moreLines 1"]);
    expect(findings(await verify([logFile("")], { expected: { lines: 1 } }))).toEqual(["fewerLines 1"]);
  });

  test("counts a line once, and a producer once for all its runs", async () => {
    const twice = logFile(line("a", 0, "r1") + line("a", 0, "r2") + line("a", 0, "r2"));
    expect(findings(await verify([twice], { expected: { lines: 2, producers: 1 } }))).toEqual(["duplicates 1"]);
  });

  test("producers alone prove nothing about last lines", async () => {
    expect(await verify([path()], { expected: { producers: 2 } })).toMatchObject({ outcome: "intact" });
  });
});

describe("verify with what the producers claim", () => {
  const path = (): string => logFile(producerLines("a", 3) + producerLines("b", 2));

  test("is complete when every claim is met", async () => {
    expect(await verify([path()], { claims: [claim("a", 3), claim("b", 2)] })).toMatchObject({ outcome: "complete" });
  });

  test("finds missing last lines", async () => {
    const verdict = await verify([path()], { claims: [claim("a", 5), claim("b", 2)] });
    expect(findings(verdict)).toEqual(["lost 2"]);
    expect(verdict.runs[0]).toMatchObject({ missing: 2, missingRanges: [[3, 4]], claim: { sent: 5, lost: 2 } });
  });

  test("finds a producer that is missing altogether, and a run of one", async () => {
    const claims = [claim("a", 3), claim("b", 2), claim("c", 7), claim("a", 1, { run: "r2" })];
    const verdict = await verify([path()], { claims });
    expect(findings(verdict)).toEqual(["lost 8"]);
    expect(verdict.runs[2]).toMatchObject({ producer: "c", lines: 0, missingRanges: [[0, 6]], firstAt: null });
  });

  test("takes what isn't sent, or is in doubt, as neither required nor lost", async () => {
    const gap = logFile(line("a", 0) + line("a", 2));
    expect(findings(await verify([gap]))).toEqual(["missing 1"]);
    const excused = await verify([gap], { claims: [claim("a", 2, { unsent: 1 })] });
    expect(excused).toMatchObject({ outcome: "complete", runs: [{ missing: 1, claim: { unsent: 1, lost: 0 } }] });
    expect(await verify([gap], { claims: [claim("a", 2, { unsent: 5 })] })).toMatchObject({ outcome: "complete" });
    expect(findings(await verify([gap], { claims: [claim("a", 3, { unsent: 1 })] }))).toEqual(["lost 1"]);
    const arrived = logFile(producerLines("a", 3));
    expect(await verify([arrived], { claims: [claim("a", 2, { unsent: 1 })] })).toMatchObject({ outcome: "complete" });
  });

  test("finds numbers that a producer never gave, and doesn't count them as its lines", async () => {
    const forged = logFile(line("a", 0) + line("a", 1) + line("a", 9));
    expect(findings(await verify([forged], { claims: [claim("a", 3)] }))).toEqual(["lost 1", "exceeded 1"]);
  });

  test("a claim turns even the widest gap into lines that are missing", async () => {
    const claims = [claim("a", 2 ** 40)];
    const verdict = await verify([logFile(line("a", 0) + line("a", 2 ** 39))], { claims });
    expect(findings(verdict)).toEqual([`lost ${2 ** 40 - 2}`]);
    expect(verdict.runs[0]).toMatchObject({
      jumps: [],
      missingRanges: [
        [1, 2 ** 39 - 1],
        [2 ** 39 + 1, 2 ** 40 - 1],
      ],
    });
  });

  test("a run without a claim can't be proved complete, nor lines without numbers", async () => {
    expect(findings(await verify([path()], { claims: [claim("a", 3)] }))).toEqual(["unclaimed 1"]);
    const relayed = [claim("a", 3), claim("b", 2), claim("relay", 10, { isNumbered: false })];
    expect(await verify([path()], { claims: relayed })).toMatchObject({ outcome: "undecided" });
  });

  test("no lines are complete when none were sent", async () => {
    expect(await verify([logFile("")], { claims: [claim("a", 0)] })).toMatchObject({ outcome: "complete" });
  });
});
