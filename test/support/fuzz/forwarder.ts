import assert from "node:assert/strict";
import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { EngineError } from "../../../src/forwarder/engines/engine.ts";
import { contentOf, headersOf } from "../../../src/forwarder/engines/jetstream/headers.ts";
import { pauseOf, verdictOf } from "../../../src/forwarder/engines/otlp/answer.ts";
import { recordOfText } from "../../../src/forwarder/engines/otlp/log-record.ts";
import { mutate, objectText, type Random } from "../json-inputs.ts";
import { type FuzzTarget, ODD_VALUES, oneOf, withSlips } from "./fuzz-target.ts";

const NAMES = [
  "Log-Version",
  "Log-File",
  "Log-Offset",
  "Log-Length",
  "Log-Lines",
  "Log-Crc32",
  "Log-Host",
  "Content-Encoding",
] as const;
const BLOCK = { file: "0123456789abcdef", offset: 4096, bytes: Buffer.from("{}\n"), lines: 1, crc: 7, generation: 0 };

function messageHeaders(random: Random): MsgHdrs {
  const made = headersOf(BLOCK, { host: "host-1", encoding: random(2) === 0 ? "gzip" : undefined }).headers;
  const name = oneOf(random, NAMES);
  if (random(8) === 0) made.delete(name);
  else if (random(3) === 0)
    made.set(name, String(oneOf(random, ["-1", "1e3", "0x10", "", "9007199254740993", "NaN", "../../x"])));
  else made.set(name, withSlips(random, made.get(name), "-+.eExX0123456789abcdf/").trim());
  return made;
}

/** Headers of messages, which anybody who may publish can write. */
export const messageHeadersTarget: FuzzTarget = {
  name: "headers of forwarded messages",
  short: 1000,
  long: 500_000,
  fuzz(random, cases) {
    assert(contentOf(headersOf(BLOCK, { host: "h", encoding: undefined }).headers, 1) !== undefined);
    for (let i = 0; i < cases; i++) {
      const found = messageHeaders(random);
      const content = contentOf(found, 1);
      if (content === undefined) continue;
      const example = String(found);
      for (const count of [content.offset, content.length, content.lines]) {
        assert(Number.isSafeInteger(count) && count >= 0, example);
      }
      for (const name of NAMES.slice(2, 5)) assert.match(found.get(name), /^\d+$/, example);
      assert.match(content.file, /^[0-9a-f]{16}$/, example);
      assert(Number.isNaN(content.crc) || (content.crc >= 0 && content.crc < 2 ** 32), example);
    }
    assert.equal(contentOf(headers(), 1), undefined);
  },
};

const BODIES: readonly [string, ...string[]] = [
  '{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"no"}}',
  '{"partialSuccess":{}}',
  '{"message":"wrong"}',
  "",
];

function body(random: Random): string {
  const text = oneOf(random, BODIES);
  if (random(2) === 0 || text === "") return withSlips(random, text, '{}[]",:0-9.e\\u\u001b\u009b');
  const value = JSON.parse(text);
  const part = value.partialSuccess ?? value;
  part[oneOf(random, ["rejectedLogRecords", "errorMessage", "message"])] = oneOf(random, ODD_VALUES);
  return JSON.stringify(value);
}

/** Answers of an OTLP server: a verdict about records, or the engine's error. What is shown of it is printable. */
export const otlpAnswers: FuzzTarget = {
  name: "answers of an OTLP server",
  short: 1000,
  long: 500_000,
  fuzz(random, cases) {
    for (let i = 0; i < cases; i++) {
      const status = oneOf(random, [200, 204, 400, 401, 413, 429, 500, 503, 302, 99, 600]);
      const retryAfter = withSlips(random, oneOf(random, ["7", "Fri, 27 Nov 2026 10:00:00 GMT", "-1"]), "0-+.eZ: ");
      const answer = { status, location: undefined, retryAfter, body: body(random), isWhole: random(8) > 0 };
      const example = JSON.stringify(answer);
      const pauseMs = pauseOf(retryAfter, Date.now());
      assert(pauseMs >= 0 && pauseMs <= 600_000, example);
      try {
        const verdict = verdictOf(answer, "server");
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
        assert(!/[\u0000-\u001f\u007f-\u009f]/.test(verdict.message), example);
        if (verdict.kind === "accepted")
          assert(Number.isSafeInteger(verdict.rejected) && verdict.rejected >= 0, example);
      } catch (error) {
        if (!(error instanceof EngineError)) throw new Error(example, { cause: error });
      }
    }
  },
};

const OBSERVATION = { uid: "u", observedTimeUnixNano: "1" };

/** Records of lines, whatever is in them: JSON, with the line itself where it isn't an object. */
export const otlpRecords: FuzzTarget = {
  name: "records of OTLP",
  short: 500,
  long: 250_000,
  fuzz(random, cases) {
    for (let i = 0; i < cases; i++) {
      const text = objectText(random, 3);
      const line = (random(2) === 0 ? Buffer.from(text) : mutate(random, Buffer.from(text))).toString();
      const record = JSON.parse(recordOfText(line, OBSERVATION));
      const time = record.timeUnixNano ?? "0";
      assert(/^\d+$/.test(time) && record.observedTimeUnixNano === "1", line);
      assert(Array.isArray(record.attributes) && typeof record.body === "object", line);
    }
  },
};
