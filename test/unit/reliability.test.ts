import { expect, test } from "vitest";
import { CLUSTER_ROWS } from "../cluster/rows.ts";
import { ROWS } from "../faults/rows.ts";
import { readPage } from "../support/doc-samples.ts";

test("docs/reliability.md says of every fault what the last long run did, or that it was not run", () => {
  const rows = readPage("docs/reliability.md").match(/^\| fault \| done \|(.*\n)*?\n/gm) ?? [];
  const done = rows.flatMap((table) => [...table.matchAll(/^\| (.*?) \| (not run|\d+ .*?) \|/gm)]);
  const units = new Map([...ROWS, ...CLUSTER_ROWS].map(({ name, unit }) => [name, unit]));
  expect(done.map(([, name]) => name)).toEqual([...units.keys()]);
  for (const [, name = "", what = ""] of done)
    expect(["not run", units.get(name)]).toContain(what.replace(/^\d+ /, ""));
});
