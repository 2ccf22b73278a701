import { expect, test } from "vitest";
import { EngineError } from "../../src/forwarder/engines/engine.ts";
import { pauseOf, verdictOf } from "../../src/forwarder/engines/otlp/answer.ts";
import { thrownBy } from "../support/failure.ts";

const ANSWER = { retryAfter: undefined, location: undefined, body: "", isWhole: true };

function errorOf(answer: Partial<Parameters<typeof verdictOf>[0]> & { status: number }): EngineError {
  const error = thrownBy(() => verdictOf({ ...ANSWER, ...answer }, "http://h/v1/logs"));
  return error instanceof EngineError ? error : expect.fail(String(error));
}

test.each([408, 429, 502, 503, 504])("after %d the request is sent again", (status) => {
  expect(errorOf({ status })).toMatchObject({ remedy: "retry", pauseMs: 0 });
  expect(errorOf({ status, retryAfter: "7" })).toMatchObject({ remedy: "retry", pauseMs: 7000 });
});

test.each([301, 307, 401, 402, 403, 404, 405, 406, 407, 409, 410, 411, 415, 417, 431, 500, 501, 505])(
  "after %d only a person can help",
  (status) => {
    expect(errorOf({ status, location: "https://elsewhere/" }).remedy).toBe("giveUp");
  },
);

test.each([400, 413, 422])("%d is about the records", (status) => {
  const body = JSON.stringify({ code: 3, message: "no\n\u001b[31m such\tthing" });
  const message = `http://h/v1/logs answers ${status}, no [31m such thing`;
  expect(verdictOf({ ...ANSWER, status, body }, "http://h/v1/logs")).toEqual({ kind: "refused", message });
});

test("a redirect is named, and not followed", () => {
  const { message } = errorOf({ status: 308, location: "https://elsewhere/v1/logs" });
  expect(message).toContain("redirects to https://elsewhere/v1/logs");
});

test.each([
  ["", 0, ""],
  ["{}", 0, ""],
  ["<html>", 0, ""],
  ['{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}', 2, "too old"],
  ['{"partialSuccess":{"rejectedLogRecords":2}}', 2, ""],
  ['{"partialSuccess":{"errorMessage":"soon deprecated"}}', 0, "soon deprecated"],
  ['{"partialSuccess":{"rejectedLogRecords":-1}}', 0, ""],
  ['{"partialSuccess":null}', 0, ""],
  ['{"partialSuccess":{"errorMessage":{"toString":1,"valueOf":1},"rejectedLogRecords":{"valueOf":1}}}', 0, ""],
])("an accepted request with the answer %s", (body, rejected, message) => {
  expect(verdictOf({ ...ANSWER, status: 200, body }, "h")).toEqual({ kind: "accepted", rejected, message });
});

test("of an answer that is too long to be read, it is unknown what it says of the records", () => {
  const { remedy, message } = errorOf({ status: 200, body: '{"partialSuccess":{"rejectedLogRe', isWhole: false });
  expect(remedy).toBe("giveUp");
  expect(message).toContain("answers 200 with more than 33 bytes: which lines it has accepted is unknown");
  expect(errorOf({ status: 503, body: "<html>", isWhole: false }).remedy).toBe("retry");
});

test.each([
  [undefined, 0],
  ["0", 0],
  ["3", 3000],
  ["Thu, 26 Nov 2026 10:00:05 GMT", 5000],
  ["Thu, 26 Nov 2026 09:00:00 GMT", 0],
  ["soon", 0],
  ["99999999", 600_000],
])("Retry-After: %s is a pause of %d ms", (retryAfter, ms) => {
  expect(pauseOf(retryAfter, Date.parse("2026-11-26T10:00:00Z"))).toBe(ms);
});
