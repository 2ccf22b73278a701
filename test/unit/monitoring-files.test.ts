import { expect, test } from "vitest";
import { readPage } from "../support/doc-samples.ts";

/** The metrics in the tables of docs/metrics.md, with the names of a histogram's series. */
const DOCUMENTED: ReadonlySet<string> = new Set(
  [...readPage("docs/metrics.md").matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].flatMap(([, name = "", type]) =>
    type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
);

/** The names of metrics in a query, without those that Prometheus itself makes. */
function metricsIn(query: string): string[] {
  return [...query.matchAll(/\b(?:log_aggregator|process)_\w+/g)].map(([name]) => name);
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
  readonly datasource?: { readonly uid: string };
}

const dashboard: {
  readonly panels: readonly Panel[];
  readonly templating: { list: { name: string; query: string }[] };
} = JSON.parse(readPage("docs/grafana-dashboard.json"));
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const alerts = [...readPage("docs/alerts.yml").matchAll(/^ +expr: (.*)$/gm)].map(([, expr = ""]) => expr);

test("every query of the dashboard is about metrics that are documented", () => {
  expect(queries.length).toBeGreaterThan(20);
  for (const query of [...queries, ...dashboard.templating.list.slice(1).map(({ query: values }) => values)]) {
    const names = metricsIn(query);
    expect(names.length, query).toBeGreaterThan(0);
    expect(names.filter((name) => !DOCUMENTED.has(name))).toEqual([]);
  }
});

test("every alert is about metrics that are documented", () => {
  expect(alerts.length).toBe([...readPage("docs/alerts.yml").matchAll(/- alert:/g)].length);
  expect(alerts.length).toBeGreaterThan(12);
  for (const expr of alerts) {
    const names = metricsIn(expr);
    expect(names.length + (expr.startsWith("up{") ? 1 : 0), expr).toBeGreaterThan(0);
    expect(names.filter((name) => !DOCUMENTED.has(name))).toEqual([]);
  }
});

test("loss, lag, a stalled output and a stalled forwarder, and the disk each have an alert", () => {
  for (const metric of [
    "not_stored_lines_total",
    "kernel_dropped_messages_total",
    "output_stalled",
    "disk_errors_total",
    "forwarder_lag_seconds",
    "forwarder_acknowledged_bytes_total",
  ]) {
    expect(alerts.filter((expr) => expr.includes(`log_aggregator_${metric}`)).length, metric).toBe(1);
  }
});

test("the dashboard can be imported: its panels have ids of their own, a place of their own, and the chosen data source", () => {
  const { panels } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  for (const { type, targets = [], datasource } of panels) {
    if (type === "row") continue;
    expect(datasource?.uid).toMatch(/^\$\{datasource\}$/);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
  }
});
