import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { verify } from "../../src/lab/verify.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

function line(producer: string, seq: number, run?: string): string {
  const timestamp = 1000 + seq;
  return `${JSON.stringify({ source: "producer", timestamp, level: "INFO", message: "ABC", producer, run, seq, sentAtNs: 1 })}\n`;
}

function file(name: string, content: string | Buffer): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, content);
  return path;
}

describe("verify", () => {
  test("finds nothing in whole files, whichever way the lines of several producers are mixed", async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => line("a", i) + line("b", i)).join("");
    const verdict = await verify([file("out", lines)]);
    expect(verdict).toMatchObject({ lines: 10_000, invalid: 0, foreign: 0, torn: [], whole: true });
    expect(verdict.producers.map(({ producer, lines: count, lost }) => [producer, count, lost])).toEqual([
      ["a", 5000, 0],
      ["b", 5000, 0],
    ]);
  });

  test("reads a producer's lines across rotated and compressed files as one", async () => {
    const first = file("out.1.gz", gzipSync(line("a", 0) + line("a", 1)));
    const second = file("out", line("a", 2));
    expect(await verify([first, second])).toMatchObject({ lines: 3, whole: true });
    expect(await verify([second, first])).toMatchObject({ whole: false, producers: [{ reordered: 2 }] });
  });

  test("counts each run of a producer for itself: a second one is neither a duplicate nor a continuation", async () => {
    const restarted = line("a", 0, "r1") + line("a", 1, "r1") + line("a", 0, "r2") + line("a", 1, "r2");
    const verdict = await verify([file("out", restarted + line("a", 0))]);
    expect(verdict).toMatchObject({ lines: 5, whole: true });
    expect(verdict.producers.map(({ producer, run, lines }) => [producer, run, lines])).toEqual([
      ["a", "r1", 2],
      ["a", "r2", 2],
      ["a", "", 1],
    ]);
    const lost = await verify([file("out", line("a", 0, "r1") + line("a", 1, "r2"))]);
    expect(lost.producers.map(({ run, lostRanges }) => [run, lostRanges])).toEqual([
      ["r1", []],
      ["r2", [[0, 0]]],
    ]);
  });

  test("takes no producer's run for another's, whatever is in their names", async () => {
    const content = line("1b", 0, "a") + line("b", 0, "a1") + line("", 0, "a1b") + line("2 a1b", 0);
    expect((await verify([file("out", content)])).producers).toHaveLength(4);
    expect(await verify([file("out", content)])).toMatchObject({ whole: true });
  });

  test("names what is lost, double, late, invalid, foreign and torn", async () => {
    const content = `${line("a", 1)}${line("a", 4)}${line("a", 4)}${line("a", 3)}{"other":1}\n{"half\n\n{"_raw":"x"}\n{"to`;
    const path = file("out", content);
    const verdict = await verify([path]);
    expect(verdict).toMatchObject({ lines: 8, foreign: 2, invalid: 3, torn: [path], whole: false });
    expect(verdict.producers).toEqual([
      {
        producer: "a",
        run: "",
        lines: 3,
        duplicates: 1,
        reordered: 1,
        lost: 2,
        lostRanges: [
          [0, 0],
          [2, 2],
        ],
        firstAt: 1001,
        lastAt: 1004,
      },
    ]);
  });

  test("fails on what can't be read", async () => {
    await expect(verify([join(temporaryDirectory(), "none")])).rejects.toMatchObject({ code: "ENOENT" });
    await expect(verify([file("broken.gz", "no gzip")])).rejects.toThrow("incorrect header check");
  });
});
