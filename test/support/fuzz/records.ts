import assert from "node:assert/strict";
import { LineStamper } from "../../../src/records/line-stamper.ts";
import { mutate, objectText } from "../json-inputs.ts";
import { expectAgreement, forgedLine, stamp, usersIn } from "../stamp-agreement.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

const LINES_PER_BLOCK = 500;

/** Records in WebAssembly, beside the same in plain JavaScript. */
export const records: FuzzTarget = {
  name: "check and trusted fields of records",
  short: 1000,
  long: 1_250_000,
  fuzz(random, cases) {
    const stamper = new LineStamper();
    for (let done = 0; done < cases; done += LINES_PER_BLOCK) {
      const texts = Array.from({ length: LINES_PER_BLOCK / 2 }, () => Buffer.from(objectText(random, 3)));
      expectAgreement(
        stamper,
        texts.flatMap((object) => [object, mutate(random, object)]),
        '{"uid":7}',
      );
    }
  },
};

/** Forged trusted fields, for readers that end lines at LF, and for those that also do so elsewhere. */
export const forgeries: FuzzTarget = {
  name: "forged trusted fields",
  short: 1000,
  long: 500_000,
  fuzz(random, cases) {
    const stamper = new LineStamper();
    for (let done = 0; done < cases; done += LINES_PER_BLOCK) {
      const lines = Array.from({ length: LINES_PER_BLOCK }, () => forgedLine(random));
      for (const record of stamp(stamper, lines, '{"uid":7}')) {
        assert.equal(JSON.parse(Buffer.from(record, "latin1").toString())._trusted.uid, 7, record);
        assert(
          usersIn(record).every((uid) => uid === 7),
          record,
        );
      }
    }
  },
};
