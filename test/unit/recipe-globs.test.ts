import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { RotatedFiles } from "../../src/sink/rotated-files.ts";
import { readPage } from "../support/doc-samples.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** The names that a sink gives: rotated files and suspect ones, some of them in the same millisecond. */
function namesOfTheSink(): string[] {
  const files = new RotatedFiles(join(temporaryDirectory(), "app.jsonl"));
  const now = new Date("2026-11-23T04:00:00Z");
  const rotated = Array.from({ length: 12 }, () => files.nextName(now));
  const suspect = [files.nextName(now, "suspect-"), files.nextName(new Date("2026-11-24T04:00:00Z"), "suspect-")];
  return ["app.jsonl", ...[...rotated, ...suspect].map((path) => basename(path))];
}

/** Stars and classes mean the same to Vector, Filebeat and the OpenTelemetry Collector. */
function matcherOf(glob: string): RegExp {
  return new RegExp(`^${basename(glob).replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`);
}

test("the patterns in docs/recipes.md match what a sink names its files, and nothing that is beside them", () => {
  const lists = [...readPage("docs/recipes.md").matchAll(/(?:include =|paths:|include:) \[(.*)\]/g)];
  expect(lists.length).toBe(3);
  for (const [, list = ""] of lists) {
    const matchers = [...list.matchAll(/"([^"]+)"/g)].map(([, glob = ""]) => matcherOf(glob));
    const isRead = (name: string): boolean => matchers.some((matcher) => matcher.test(name));
    const names = namesOfTheSink();
    expect(names.filter((name) => !isRead(name))).toEqual([]);
    const others = [
      ...names.slice(1).flatMap((name) => [`${name}.gz`, `${name}.gz.part`]),
      "app.jsonl.torn-20261123T040000000Z",
      "app.jsonl.checkpoint",
      "app.jsonl.rejected.jsonl",
    ];
    expect(others.filter(isRead)).toEqual([]);
  }
});
