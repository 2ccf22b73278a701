import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ERROR_CODES, errnoOf, OperationalError } from "../../src/core/errors.ts";

const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
const sections = page.split(/^## /m).slice(1);

test("docs/errors.md has one section for each error code, and no others", () => {
  const headings = sections.map((section) => section.split("\n")[0]);
  expect(headings.toSorted()).toEqual([...ERROR_CODES].toSorted());
});

test("each section says something", () => {
  for (const section of sections) expect(section.split("\n").slice(1).join("").trim(), section).not.toBe("");
});

test("an OperationalError carries its code, and its cause where there is one", () => {
  const cause = new Error("why");
  expect(new OperationalError("USAGE", "words", { cause })).toMatchObject({ code: "USAGE", message: "words", cause });
});

test("errnoOf() names system errors and nothing else", () => {
  expect(errnoOf(Object.assign(new Error("no space"), { code: "ENOSPC" }))).toBe("ENOSPC");
  for (const other of [new Error("bug"), { code: "ENOSPC" }, "ENOSPC", undefined])
    expect(errnoOf(other)).toBeUndefined();
});
