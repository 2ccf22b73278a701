import { expect, test } from "vitest";
import { PLOT, PUBLISHED } from "../../scripts/publication/places.ts";
import { plotFile } from "../../scripts/publication/plot-file.ts";
import { publishedText, readPublished } from "../../scripts/publication/published-summary.ts";
import { readmeResult, withResult } from "../../scripts/publication/readme-result.ts";
import { projectFile } from "../../src/os/project-file.ts";
import { verdictOf } from "../../src/report/verdict.ts";
import { readPage } from "../support/doc-samples.ts";

const published = readPublished(projectFile(PUBLISHED));

test("the README's result is made from docs/results; if not, run: npm run lab:publish", () => {
  const readme = readPage("README.md");
  expect(withResult(readme, readmeResult(published, PLOT))).toBe(readme);
});

test("the README's plot is made from docs/results; if not, run: npm run lab:publish", async () => {
  const plot = readPage(PLOT);
  expect(await plotFile(published)).toBe(plot);
  expect(plot.length).toBeLessThan(60_000);
  expect(plot).toContain("prefers-color-scheme: dark");
});

test("what is published is real, small, and says the same again", () => {
  const text = readPage(PUBLISHED);
  expect(text.length).toBeLessThan(100_000);
  expect(publishedText(published)).toBe(text);
  expect(published.run.id).toMatch(/^[\da-f]{12}$/);
  expect(verdictOf(published).take).toBeDefined();
});

test("a README without the markers is an error", () => {
  expect(() => withResult("# x\n", "block")).toThrow("has no <!-- result");
});
