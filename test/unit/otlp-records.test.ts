import { JsonLogsSerializer } from "@opentelemetry/otlp-transformer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf, RequestEncoder } from "../../src/forwarder/engines/otlp/export-request.ts";
import type { LogRecord } from "../../src/forwarder/engines/otlp/log-record.ts";
import { uidOf } from "../support/otlp-server.ts";
import { runs } from "../support/property-runs.ts";

type SdkRecord = Parameters<typeof JsonLogsSerializer.serializeRequest>[0][number];

const OBSERVED_MS = 1_795_663_325_123;
const FILE = "fab77b842d54fafa";

interface Request {
  resourceLogs: { resource: unknown; scopeLogs: { scope: unknown; logRecords: LogRecord[] }[] }[];
}

/** What is sent for a block. */
function requestOf(content: string | Buffer): Request {
  const bytes = Buffer.from(content);
  const block = { file: FILE, offset: 1000, bytes, lines: 1, crc: 0, generation: 0 };
  const encoder = new RequestEncoder({ host: "web1", service: "shop" });
  return JSON.parse(encoder.encode(block, linesOf(block), OBSERVED_MS).toString());
}

function recordsOf(content: string | Buffer): LogRecord[] {
  return requestOf(content).resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
}

function recordOf(
  line: string | Buffer,
): Omit<LogRecord, "attributes" | "observedTimeUnixNano"> & { attributes: unknown } {
  const { observedTimeUnixNano: _, attributes, ...record } = recordsOf(line)[0] ?? expect.fail("no record");
  return { ...record, attributes: attributes.filter(({ key }) => key !== "log.record.uid") };
}

/** What OpenTelemetry's exporter sends. It writes 64-bit integers as numbers, for which the protocol demands strings. */
function encodedBySdk(records: readonly Partial<SdkRecord>[]): unknown {
  const resource = { attributes: { "host.name": "web1", "service.name": "shop" } } as unknown as SdkRecord["resource"];
  const instrumentationScope = { name: "log-aggregator" };
  const hrTimeObserved: [number, number] = [1_795_663_325, 123_000_000];
  const common = { resource, instrumentationScope, hrTimeObserved, droppedAttributesCount: 0 };
  const complete = records.map((record) => ({ hrTime: [0, 0], attributes: {}, ...common, ...record }) as SdkRecord);
  const request: Request = JSON.parse(Buffer.from(JsonLogsSerializer.serializeRequest(complete) ?? []).toString());
  return JSON.parse(JSON.stringify(request), (key, value) => {
    if (key === "intValue") return String(value);
    const isDefault = key === "droppedAttributesCount" || (key === "timeUnixNano" && value === "0");
    return isDefault ? undefined : value;
  });
}

test("records are encoded as OpenTelemetry's own exporter does it", () => {
  const lines = [
    `{"level":30,"time":1795663325123,"pid":7,"hostname":"web1","msg":"hello","ok":true,"ratio":0.5,"gone":null,"list":[1,"a"]}`,
    `{"level":"Warn","timestamp":"2026-11-26T05:22:05.123456789Z","message":"late","trace_id":"5b8efff798038103d269b633813fc60c",` +
      `"span_id":"eee19b7ec3c1b174","trace_flags":"01"}`,
    `{"event":"closed","lines":{"received":3,"stored":3}}`,
    "not JSON \u20ac",
  ];
  const uid = (at: number): Record<string, string> => {
    const offset = 1000 + Buffer.byteLength(lines.slice(0, at).join("\n")) + (at > 0 ? 1 : 0);
    return { "log.record.uid": `${FILE}:${offset}` };
  };
  const context = { traceId: "5b8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b174", traceFlags: 1 };
  expect(requestOf(`${lines.join("\n")}\n`)).toEqual(
    encodedBySdk([
      {
        hrTime: [1_795_663_325, 123_000_000],
        severityNumber: 9,
        severityText: "INFO",
        body: "hello",
        attributes: { pid: 7, hostname: "web1", ok: true, ratio: 0.5, gone: null, list: [1, "a"], ...uid(0) },
      },
      {
        hrTime: [1_795_670_525, 123_456_789],
        severityNumber: 13,
        severityText: "Warn",
        body: "late",
        attributes: uid(1),
        spanContext: context,
      },
      { body: { event: "closed", lines: { received: 3, stored: 3 } }, attributes: uid(2) },
      { body: "not JSON \u20ac", attributes: uid(3) },
    ]),
  );
});

test("attributes of any shape are encoded as by OpenTelemetry's own exporter", () => {
  // Its integers beyond 2^53 have lost digits.
  const safe = (_key: string, value: unknown): unknown =>
    typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) ? 0 : value;
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (found) => {
      const fields = { ...JSON.parse(JSON.stringify(found), safe), msg: "m" };
      const line = JSON.stringify(fields);
      const { msg: _, ...others } = JSON.parse(line);
      const names = new Set(["time", "timestamp", "ts", "level", "severity"]);
      fc.pre(!Object.keys(others).some((key) => names.has(key)));
      const attributes = { ...others, "log.record.uid": `${FILE}:1000` };
      expect(requestOf(line)).toEqual(encodedBySdk([{ body: "m", attributes }]));
    }),
    runs(100),
  );
});

test.each([
  ["1795663325", "1795663325000000000"],
  ["1795663325.5", "1795663325500000000"],
  ["1795663325.123456789", "1795663325123456789"],
  ["1795663325123", "1795663325123000000"],
  ["1795663325123.25", "1795663325123250000"],
  ["1795663325123456", "1795663325123456000"],
  ["1795663325123456789", "1795663325123456789"],
  ['"2026-11-26T05:22:05Z"', "1795670525000000000"],
  ['"2026-11-26T05:22:05.1Z"', "1795670525100000000"],
  ['"2026-11-26 05:22:05,123456789+02:00"', "1795663325123456789"],
  ['"2026-11-26T05:22:05.1234567891Z"', "1795670525123456789"],
])("a time of %s has the nanoseconds %s", (written, nano) => {
  expect(recordOf(`{"msg":"","time":${written}}`)).toMatchObject({ timeUnixNano: nano, attributes: [] });
});

test.each([
  ["1000", { intValue: "1000" }],
  ["-1795663325", { intValue: "-1795663325" }],
  ['"yesterday"', { stringValue: "yesterday" }],
  ['"2026-11-26T05:22:05"', { stringValue: "2026-11-26T05:22:05" }],
  ["null", {}],
  ["179566332512345678901234567890", { stringValue: "179566332512345678901234567890" }],
])("a time of %s is none, and an attribute", (written, value) => {
  const record = recordOf(`{"msg":"","time":${written}}`);
  expect(record).not.toHaveProperty("timeUnixNano");
  expect(record.attributes).toEqual([{ key: "time", value }]);
});

test.each([
  ["10", "TRACE", 1],
  ["20", "DEBUG", 5],
  ["30", "INFO", 9],
  ["35", "INFO", 9],
  ["40", "WARN", 13],
  ["50", "ERROR", 17],
  ["60", "FATAL", 21],
  ['"INFO"', "INFO", 9],
  ['"err"', "err", 17],
  ['"emerg"', "emerg", 21],
  ['"loud"', "loud", undefined],
])("the level %s is the severity %s, %s", (level, severityText, severityNumber) => {
  const record = recordOf(`{"msg":"","level":${level}}`);
  expect([record.severityText, record.severityNumber, record.attributes]).toEqual([severityText, severityNumber, []]);
});

test.each(["3", "70", "-1", "{}", "true", '""'])("a level of %s is none, and an attribute", (level) => {
  const record = recordOf(`{"msg":"","level":${level}}`);
  expect(record).not.toHaveProperty("severityText");
  expect(record.attributes).toMatchObject([{ key: "level" }]);
});

test.each([
  ["9007199254740993", { intValue: "9007199254740993" }],
  ["-9223372036854775808", { intValue: "-9223372036854775808" }],
  ["9223372036854775808", { stringValue: "9223372036854775808" }],
  ["1e21", { doubleValue: 1e21 }],
  ["1e400", { doubleValue: "Infinity" }],
  ["1e0000000000000000001", { intValue: "10" }],
  ["-2.5E-0000000000000000", { doubleValue: -2.5 }],
  ["0.1234567890123456789", { doubleValue: 0.12345678901234568 }],
  ['"9007199254740993"', { stringValue: "9007199254740993" }],
  [String.raw`"a\\\"9007199254740993"`, { stringValue: 'a\\"9007199254740993' }],
  [String.raw`"\ud800 \u0041 9007199254740993"`, { stringValue: "\ufffd A 9007199254740993" }],
  [String.raw`"\ud83d\ude00"`, { stringValue: "\u{1f600}" }],
  ["[9007199254740993]", { arrayValue: { values: [{ intValue: "9007199254740993" }] } }],
])("the value %s loses no digit and no character", (written, value) => {
  expect(recordOf(`{"msg":"","n":${written}}`).attributes).toEqual([{ key: "n", value }]);
});

test("a line that isn't UTF-8 is sent as bytes, and those beside it as text", () => {
  const odd = Buffer.from([0x7b, 0xff, 0xfe]);
  const [first, second, third] = recordsOf(Buffer.concat([Buffer.from("one\n"), odd, Buffer.from("\nthree")]));
  expect([first?.body, third?.body]).toEqual([{ stringValue: "one" }, { stringValue: "three" }]);
  expect(second?.body).toEqual({ bytesValue: odd.toString("base64") });
  expect([first, second, third].map((record) => record && uidOf(record))).toEqual(
    [1000, 1004, 1008].map((at) => `${FILE}:${at}`),
  );
});

test("lines that the aggregator has wrapped are what they were", () => {
  expect(recordOf('{"_raw":"plain \\"text\\"","source":"app"}')).toMatchObject({
    body: { stringValue: 'plain "text"' },
    attributes: [{ key: "source", value: { stringValue: "app" } }],
  });
  expect(recordOf('{"_raw_b64":"//79"}')).toMatchObject({ body: { bytesValue: "//79" }, attributes: [] });
});

test("a line that names its own id keeps it", () => {
  expect(recordsOf('{"msg":"","log.record.uid":"mine"}').map(uidOf)).toEqual(["mine"]);
});

test("deep nesting ends as text, however deep it is", () => {
  const nested = (depth: number): string => `{"msg":"","n":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  expect(JSON.stringify(recordOf(nested(15)).attributes)).not.toContain("stringValue");
  expect(JSON.stringify(recordOf(nested(20)).attributes)).toContain('{"stringValue":"[[[[]]]]"}');
  const deepest = nested(100_000);
  expect(recordOf(deepest).body).toEqual({ stringValue: deepest });
});
