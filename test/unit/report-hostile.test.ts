import { expect, test } from "vitest";
import { sendStacks } from "../../src/lab/summary/stacks.ts";
import { csv } from "../../src/report/exporters/csv.ts";
import { json } from "../../src/report/exporters/json.ts";
import { markdown } from "../../src/report/exporters/markdown.ts";
import { terminalReport } from "../../src/report/terminal/report.ts";
import { HOSTILE, hostileResults, hostileSummary } from "../support/hostile-results.ts";

const summary = hostileSummary();
const lines = terminalReport(summary, { hasColour: false, hasUnicode: true });

test.each([
  ["report.md", await markdown.content(summary)],
  ["report.csv", await csv.content(summary)],
  ["report.json", await json.content(summary)],
  ["the terminal", lines.join("\n")],
])("%s has no control characters from an edited file", (_, text) => {
  expect(text).toContain("\\u001b");
  expect(text).toMatch(/^[\t\n\P{C}]*$/u);
});

test("report.md has no HTML and no links from an edited file", async () => {
  const text = await markdown.content(summary);
  expect(text).toContain("\\<img");
  expect(text).not.toMatch(/(^|[^\\])[<[]/);
});

test("report.csv has no formulas from an edited file", async () => {
  const text = await csv.content(summary);
  expect(text).toContain(`"'${HOSTILE.slice(0, 4)}`);
  expect(text).not.toMatch(/(^|,)"?[=+@]/m);
});

test.each(["../../../etc/passwd", "/etc/passwd", "stacks/../x.folded", "stacks/none.folded"])(
  "stacks at %s are not read",
  (path) => {
    const cells = hostileResults().cells.map((cell) => ({
      ...cell,
      stacks: { value: { "sender-on-cpu": path }, by: "bpf" } as const,
    }));
    expect(sendStacks(cells, "/nonexistent")).toMatchObject({ why: expect.stringContaining("can't be read") });
  },
);
