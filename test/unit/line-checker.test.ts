import { describe, expect, test } from "vitest";
import { CHECKED_LINE_BYTES_MAX, LINE_KIND, type LineCheck, LineChecker } from "../../src/records/line-checker.ts";
import { expectKinds, type Finding, findings } from "../support/line-findings.ts";

const CHECKS: readonly LineCheck[] = ["json", "shape", "none"];
const KIB = 1024;

describe("blank lines and CR LF", () => {
  test.each(CHECKS)("%s: lines of nothing but space are blank", (check) => {
    expectKinds(check, "blank", ["", " ", "\t", "\r", " \t\r", "\r\r", " ".repeat(200)]);
  });

  test.each(CHECKS)("%s: a line that passes but ends in CR is crlf", (check) => {
    expectKinds(check, "crlf", ["{}\r", '{"a":1}\r', `{"a":"${"x".repeat(200)}"}\r`]);
  });

  test("json: CR inside a line is space", () => {
    expectKinds("json", "", ['\r{"a":1}', '{"a":\r1}', '{"a":1}\r ']);
    expectKinds("json", "crlf", ['{"a":1}\r\r', '{"a":1} \r']);
  });

  test("an invalid line that ends in CR is invalid", () => {
    expectKinds("json", "invalid", ["x\r", "{\r", '{"a\r']);
    expectKinds("shape", "invalid", ["x\r", "{\r", "}\r", "{}\r\r"]);
  });
});

describe("shape and none", () => {
  test("shape looks at the first and last byte alone", () => {
    expectKinds("shape", "", ["{}", "{x}", "{{}", "{\xff\0}", `{${"y".repeat(300)}}`]);
    expectKinds("shape", "invalid", [
      "{",
      "}",
      "x",
      "{}x",
      "x{}",
      " {}",
      "{} ",
      "[]",
      `${"y".repeat(300)}}`,
      `{${"y".repeat(300)}`,
    ]);
  });

  test("none lets everything pass", () => {
    expectKinds("none", "", ["x", "{", "\0", "\xff", " x", "x ", "x\t", "\rx"]);
  });
});

describe("blocks", () => {
  const GOOD = '{"seq":1,"message":"0123456789"}\n';

  test("an empty block has no lines; one without a last LF is refused", () => {
    expect(findings("", "json")).toEqual({ lines: 0, found: [] });
    expect(() => findings("{}", "json")).toThrow(RangeError);
  });

  test.each(CHECKS)("%s: a line of any length at any place among others", (check) => {
    const checker = new LineChecker(check);
    for (let length = 0; length < 140; length++) {
      const before = `{"a":"${"x".repeat(length)}"}\n`;
      const blank = before.length;
      const crlf = blank + 1 + before.length;
      const found: Finding[] = [
        [blank, blank, "blank"],
        [crlf, crlf + 3, "crlf"],
      ];
      expect(findings(`${before}\n${before}{}\r\n${before}`, check, checker)).toEqual({ lines: 5, found });
    }
  });

  test("blocks at any offset of any buffer, one after the other", () => {
    const checker = new LineChecker("json");
    const arena = Buffer.alloc(4 * KIB, '"');
    for (let offset = 0; offset < 40; offset++) {
      const block = arena.subarray(offset, offset + arena.write(`${GOOD}bad\n${GOOD}`, offset));
      const found: Finding[] = [[GOOD.length, GOOD.length + 3, "invalid"]];
      expect(findings(block, "json", checker)).toEqual({ lines: 3, found });
    }
  });

  test.each(CHECKS)("%s: a block of nothing but blank lines", (check) => {
    const checker = new LineChecker(check);
    const count = 300_000;
    const { lines, findings: found, table } = checker.check(Buffer.alloc(count, "\n"));
    expect([lines, found]).toEqual([count, count]);
    expect(
      table.subarray(0, 3 * count).every((word, at) => word === (at % 3 === 2 ? LINE_KIND.blank : Math.floor(at / 3))),
    ).toBe(true);
    expect(findings(GOOD, check, checker)).toEqual({ lines: 1, found: [] });
  });

  test("strings are read rightly behind more findings than the module's table holds", () => {
    const checker = new LineChecker("json");
    for (let length = 1; length <= 64; length++) {
      const invalid = `${"x".repeat(length)}\n${"x\n".repeat(5999)}`;
      const { lines, findings: count } = checker.check(Buffer.from(invalid + GOOD.repeat(20)));
      expect([lines, count]).toEqual([6020, 6000]);
    }
  });

  test("lines longer than a window are checked whole", () => {
    const checker = new LineChecker("json");
    for (const bytes of [63 * KIB, 64 * KIB - 8, 64 * KIB - 7, 64 * KIB, 65 * KIB, 200 * KIB, 3 * KIB * KIB]) {
      const long = `{"a":"${"x".repeat(bytes - 9)}"}\n`;
      const end = GOOD.length + long.length - 1;
      expect(findings(GOOD + long + GOOD, "json", checker)).toEqual({ lines: 3, found: [] });
      expect(findings(`${GOOD}${long.replace(/..\n/, "}\n")}${GOOD}`, "json", checker)).toEqual({
        lines: 3,
        found: [[GOOD.length, end - 1, "invalid"]],
      });
      expect(findings(`${GOOD}${long.replace("\n", "\r\n")}${GOOD}`, "json", checker)).toEqual({
        lines: 3,
        found: [[GOOD.length, end + 1, "crlf"]],
      });
    }
  });
});

describe("lines above the longest that is checked", () => {
  const fits = Buffer.alloc(CHECKED_LINE_BYTES_MAX, " ");
  fits.write('{"a":1}');
  fits.write("\n", fits.length - 1);
  const exceeds = Buffer.concat([Buffer.from('{"a":1}'), fits.subarray(7, -2), Buffer.from("}\r\n")]);

  test("the longest that is checked passes; one byte more is invalid", () => {
    const checker = new LineChecker("json");
    expect(findings(fits, "json", checker)).toEqual({ lines: 1, found: [] });
    const block = Buffer.concat([exceeds, Buffer.from("{}\nx\n")]);
    const next = exceeds.length + 3;
    expect(findings(block, "json", checker)).toEqual({
      lines: 3,
      found: [
        [0, exceeds.length - 1, "invalid"],
        [next, next + 1, "invalid"],
      ],
    });
  });

  test("shape: invalid, though it has the shape; none: what it is", () => {
    expect(findings(exceeds, "shape").found).toEqual([[0, exceeds.length - 1, "invalid"]]);
    expect(findings(exceeds, "none").found).toEqual([[0, exceeds.length - 1, "crlf"]]);
    exceeds.fill(" ", 0, exceeds.length - 2);
    expect(findings(exceeds, "none").found).toEqual([[0, exceeds.length - 1, "blank"]]);
  });
});
