import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectFile } from "../../src/os/project-file.ts";
import { PAGES } from "../support/doc-samples.ts";

/** This project's former private words, in any form: source, pipeline, chunk and repair are what the field says. */
const RETIRED = retired("inlet|intake|road|piece|mend|aside|dawdle|befall");

/** Further words that documents and comments do without, whole and in this form. */
const AVOIDED: ReadonlySet<string> = new Set(["tells", "ours", "whoever"]);

/** Words for which names have others: events, notify, iteration, writable, invalid, busy, normalize, throttle. */
const RETIRED_IN_NAMES = retired("inlet|intake|road|piece|mend|aside|news|tell|told|turn|room|bad|hot|admit|pacing");

function retired(words: string): RegExp {
  return new RegExp(`^(?!turned$)(${words})(s|ed|ing)?$`, "i");
}

/** Texts of TypeScript and Python in which names don't occur. */
const COMMENTS_AND_STRINGS =
  /"""[\s\S]*?"""|\/\*[\s\S]*?\*\/|\/\/.*|(?<=^|\s)# .*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/gm;

/** The words in a text that a pattern finds. Names are taken apart: "mendTail" has the word mend, "appendix" hasn't. */
function wordsIn(text: string, pattern: RegExp): string[] {
  const words: readonly string[] = text.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [];
  return words.filter((word) => pattern.test(word));
}

/** The text's names that have a retired word. */
function retiredNames(text: string): string[] {
  return wordsIn(text.replace(COMMENTS_AND_STRINGS, '""'), RETIRED_IN_NAMES);
}

/** The files below a folder with one of the endings, by their paths in the project. */
function filesOf(folder: string, endings: RegExp): string[] {
  const paths = readdirSync(projectFile(folder), { recursive: true, encoding: "utf8" });
  return paths.filter((path) => endings.test(path)).map((path) => join(folder, path));
}

test("the words in a name are told apart", () => {
  expect(wordsIn("mendTail #road INLETS_MAX counted-road.ts // put aside", RETIRED)).toEqual([
    "mend",
    "road",
    "INLETS",
    "road",
    "aside",
  ]);
  expect(wordsIn("StreamEnding trimEnd broadcast amended", RETIRED)).toEqual([]);
});

test("names are told from comments and texts", () => {
  const code =
    'const newsOf = (room: Gate) => this.#told("a piece", `of\\`news`); // turn /* tell */\n/* bad */ hotTurns();';
  expect(retiredNames(code)).toEqual(["news", "room", "told", "hot", "Turns"]);
  expect(retiredNames('"""Tells news."""\ndef tell(room):  # bad\n    return "news"\n')).toEqual(["tell", "room"]);
});

test("no name, comment or message in src has a retired word", () => {
  const paths = filesOf("src", /\.ts$/);
  expect(paths.length).toBeGreaterThan(100);
  const found = paths.flatMap((path) =>
    wordsIn(`${path} ${readFileSync(projectFile(path), "utf8")}`, RETIRED).map((word) => `${path}: ${word}`),
  );
  expect(found).toEqual([]);
});

test("no text in src and no page has a word that is avoided", () => {
  const pages = PAGES.filter((page) => page !== "CHANGELOG.md");
  const paths = [...filesOf("src", /\.ts$/), ...pages, "ARCHITECTURE.md", "CONTRIBUTING.md"];
  const found = paths.flatMap((path) => {
    const words: readonly string[] = readFileSync(projectFile(path), "utf8").match(/[A-Za-z]+/g) ?? [];
    return words.filter((word) => AVOIDED.has(word.toLowerCase())).map((word) => `${path}: ${word}`);
  });
  expect(found).toEqual([]);
});

test.each(["src", "test", "bench", "scripts"])("no name in %s has a retired word", (folder) => {
  const paths = filesOf(folder, /\.(ts|mjs|py)$/);
  expect(paths.length).toBeGreaterThan(5);
  const found = paths.flatMap((path) =>
    retiredNames(readFileSync(projectFile(path), "utf8")).map((word) => `${path}: ${word}`),
  );
  expect(found).toEqual([]);
});
