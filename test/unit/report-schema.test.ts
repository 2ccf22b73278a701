import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { COLLECTOR_NAMES } from "../../src/lab/results/measured.ts";
import { projectFile } from "../../src/os/project-file.ts";
import { json } from "../../src/report/exporters/json.ts";
import { READINGS, SUMMARY_SCHEMA } from "../../src/report/summary.ts";
import { hostileSummary } from "../support/hostile-results.ts";
import { writeSyntheticReport } from "../support/synthetic-report.ts";
import { syntheticSummary } from "../support/synthetic-summary.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const SCHEMA = JSON.parse(readFileSync(projectFile("docs/report.schema.json"), "utf8"));

/** The schema without further fields: what it doesn't name isn't documented. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).map(([name, value]) => [name, closed(value)]);
  const hasFields = "properties" in schema && "type" in schema;
  return { ...Object.fromEntries(entries), ...(hasFields ? { additionalProperties: false } : {}) };
}

const validate = new Ajv2020({ allErrors: false, strictTuples: false }).compile(closed(SCHEMA) as object);

function complaints(report: unknown): unknown {
  return validate(report) ? [] : validate.errors;
}

describe("docs/report.schema.json", () => {
  test.each([
    ["a report with everything", () => writeSyntheticReport(temporaryDirectory())],
    ["a run without root", () => syntheticSummary({ untraced: true })],
    ["single runs", () => syntheticSummary({ repeats: 1 })],
    ["an edited file", hostileSummary],
    ["a run without cells", () => ({ ...syntheticSummary(), cells: [] })],
  ])("describes %s", async (_, summary) => {
    expect(complaints(JSON.parse(await json.content(summary())))).toEqual([]);
  });

  test("refuses other reports", async () => {
    const report = JSON.parse(await json.content(syntheticSummary({ repeats: 1 })));
    expect(complaints({ ...report, schema: SUMMARY_SCHEMA + 1 })).not.toEqual([]);
    expect(complaints({ ...report, undocumented: 1 })).not.toEqual([]);
    const [cell, ...cells] = report.cells;
    expect(complaints({ ...report, cells: [{ ...cell, latency: 1 }, ...cells] })).not.toEqual([]);
    const readings = { ...cell.readings, p99Ns: { median: 1 } };
    expect(complaints({ ...report, cells: [{ ...cell, readings }, ...cells] })).not.toEqual([]);
  });

  test("has the names of transports, collectors and readings", () => {
    const { transport, estimate, cell } = SCHEMA.$defs;
    expect(SCHEMA.properties.schema.const).toBe(SUMMARY_SCHEMA);
    expect(transport.properties.name.enum).toEqual(TRANSPORT_NAMES);
    expect(estimate.properties.by.enum).toEqual(COLLECTOR_NAMES);
    const described = Object.entries<{ description: string }>(cell.properties.readings.properties);
    expect(described.map(([name, { description }]) => [name, description])).toEqual(Object.entries(READINGS));
  });
});
