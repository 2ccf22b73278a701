import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";

/** This project's former private words, in any form: source, pipeline, chunk and repair are what the field says. */
const RETIRED = /^(inlet|intake|road|piece|mend|aside)(s|ed|ing)?$/i;

/** The retired words in a text. Names are taken apart: "mendTail" has the word mend, "appendix" hasn't. */
function retiredWords(text: string): string[] {
  const words: readonly string[] = text.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [];
  return words.filter((word) => RETIRED.test(word));
}

test("the words in a name are told apart", () => {
  expect(retiredWords("mendTail #road INLETS_MAX counted-road.ts // put aside")).toEqual([
    "mend",
    "road",
    "INLETS",
    "road",
    "aside",
  ]);
  expect(retiredWords("StreamEnding trimEnd broadcast amended")).toEqual([]);
});

test("no name, comment or message in src has a retired word", () => {
  const src = projectFile("src");
  const paths = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  expect(paths.length).toBeGreaterThan(100);
  const found = paths.flatMap((path) =>
    retiredWords(`${path} ${readFileSync(join(src, path), "utf8")}`).map((word) => `${path}: ${word}`),
  );
  expect(found).toEqual([]);
});
