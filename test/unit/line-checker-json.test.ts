import { describe, test } from "vitest";
import { JSON_DEPTH_MAX } from "../../src/records/line-checker.ts";
import { expectKinds } from "../support/line-findings.ts";

const pass = (lines: readonly string[]): void => expectKinds("json", "", lines);
const invalid = (lines: readonly string[]): void => expectKinds("json", "invalid", lines);
const words = (text: string): string[] => text.split(" ");
const withValue = (value: string): string => `{"a":${value}}`;
const withString = (content: string): string => `{"a":"${content}"}`;

describe("grammar", () => {
  test("objects pass, with and without space around every token", () => {
    pass(["{}", "{ }", '{"a":1}', ' \t{ "a" : 1 , "b" : [ ] } \t', '{"a":1,"a":2}', '{"":{}}', '{"a":1}\r ']);
  });

  test("every kind of value passes", () => {
    pass(words('true false null [] [1,[2,[]],{}] "" "text" {"b":{"c":[{"d":0}]}}').map(withValue));
    pass([" 1 ", "\t[\t]\r", " [ 1 , 2 ] "].map(withValue));
  });

  test("other values than an object are invalid", () => {
    invalid(["1", '"a"', "true", "null", "[]", '[{"a":1}]', "NaN", "a", "\xef\xbb\xbf{}", "\f{}", "\0"]);
  });

  test("broken objects are invalid", () => {
    invalid(
      words(
        '{ } {] {"a"} {"a":} {"a":1,} {,} {,"a":1} {a:1} {"a":1,,"b":2} {1:1} {{}} {[]} {"a"::1} {"a":1:2} {"a {"a":"',
      ),
    );
    invalid(['{"a" 1}', '{"a":1 "b":2}', "{'a':1}", '{"a":1 2}', '{"a""b":1}', '{"a":1;"b":2}']);
  });

  test("broken arrays are invalid", () => {
    invalid(words('[ ] [1,] [,1] [1} ["a":1] [[] []] [1,,2] {"b":1]').map(withValue));
    invalid(["[1 2]", "[1 ,]", "[ ,1]"].map(withValue));
  });

  test("anything behind the object is invalid", () => {
    invalid(["{}{}", "{} {}", "{},", "{}}", "{}]", "{}x", "{}\0", "{}\f", "{} //", "{}\xa0"]);
  });

  test("numbers", () => {
    pass(words("0 -0 7 -7 10 1.5 0.0 1e5 1E5 1e+5 1e-05 0e0 -0.0e-0 1e400 1.7E308").map(withValue));
    pass([15, 16, 17, 400].flatMap((digits) => ["9".repeat(digits), `0.${"9".repeat(digits)}`]).map(withValue));
    invalid(words("01 -01 00 - +1 .5 -.5 1. 1.e5 1e 1e+ 1e- 1e1.5 1ee5 1..2 --1 1-2 0x10 1_000 1,000").map(withValue));
    invalid(words("NaN Infinity -Infinity 1f 1\xb2 \xb2 1\0 1/2 1:2").map(withValue));
  });

  test("literals are whole words in lower case", () => {
    invalid(words("tru truE True TRUE truee true1 fals falsE falsee nul nulL nulll undefined t f n").map(withValue));
  });
});

describe("strings", () => {
  test("escapes", () => {
    pass(words('\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000 \\uabCD \\ud83d\\ude00 \\\\\\\\ x\\n\\n').map(withString));
    invalid(words("\\ \\\\\\ \\a \\' \\0 \\x41 \\U0041 \\u \\u123 \\u123g \\u{41} \\\t").map(withString));
    // Neighbours of the hexadecimal digits.
    invalid(words("\\u/123 \\u:123 \\u@123 \\uG123 \\u`123 \\ug123 \\u1\xb023").map(withString));
  });

  test("lone surrogates as escapes pass, as they do in JSON.parse", () => {
    pass(words("\\ud800 \\udfff \\udc00\\ud800 \\ud800x").map(withString));
  });

  test("control characters are invalid, DEL passes", () => {
    const controls = Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)).filter((c) => c !== "\n");
    invalid(controls.map(withString));
    invalid(controls.map((control) => `{"a${control}":1}`));
    pass([withString("\x7f")]);
  });

  test("at every place of a vector", () => {
    const texts = Array.from({ length: 70 }, (_, length) => "x".repeat(length));
    pass(texts.flatMap((text) => ["", "\\n", "\xc3\xbc", "\xf0\x9f\x99\x82\\\\"].map((end) => withString(text + end))));
    invalid(texts.flatMap((text) => ["\x01", "\\", "\xc3", "\xf0\x9f\x99"].map((end) => withString(text + end))));
    invalid(texts.map((text) => `{"${text}`));
  });
});

describe("UTF-8", () => {
  test("the first and last characters of every length pass", () => {
    pass(
      words("\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf \xf0\x90\x80\x80").map(withString),
    );
    pass(words("\xf4\x8f\xbf\xbf \xef\xbb\xbf \xc3\xbc\xe6\x97\xa5x\xf0\x9f\x99\x82").map(withString));
  });

  test("overlong forms are invalid", () => {
    invalid(
      words("\xc0\x80 \xc0\xaf \xc1\xbf \xe0\x80\x80 \xe0\x9f\xbf \xf0\x80\x80\x80 \xf0\x8f\xbf\xbf").map(withString),
    );
  });

  test("surrogates and code points above U+10FFFF are invalid", () => {
    invalid(
      words("\xed\xa0\x80 \xed\xbf\xbf \xf4\x90\x80\x80 \xf5\x80\x80\x80 \xf8\x88\x80\x80\x80 \xfe \xff").map(
        withString,
      ),
    );
  });

  test("truncated characters and stray continuation bytes are invalid", () => {
    const broken = words("\x80 \xbf \xc2 \xe1\x80 \xe1 \xf1\x80\x80 \xf1\x80 \xf1 \xc2\xc2 \xe1\x80\xc0 \xc3\xbc\x80");
    invalid(broken.map(withString));
    invalid(broken.map((bytes) => `{"a":"${bytes}`));
  });

  test("bytes above 0x7f outside strings are invalid", () => {
    invalid(["{\xc2\xa0}", "{}\xc3\xbc", '{\xe2\x80\x9ca":1}', '{"a"\xc2\x85:1}', '\xc2\xa0{"a":1}']);
  });
});

describe("nesting", () => {
  const objects = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${"}".repeat(depth - 1)}`;
  const arrays = (depth: number): string => withValue("[".repeat(depth - 1) + "]".repeat(depth - 1));

  test("the deepest line that passes, and one deeper", () => {
    pass([objects(JSON_DEPTH_MAX), arrays(JSON_DEPTH_MAX)]);
    invalid([objects(JSON_DEPTH_MAX + 1), arrays(JSON_DEPTH_MAX + 1), objects(50_000), arrays(200_000)]);
  });

  test("each container closes with its own bracket, at every depth", () => {
    const mixed = '{"a":[{"b":[[{"c":{"d":[{}]}}]]}]}';
    const closers = Array.from(mixed.matchAll(/[\]}]/g), ({ index }) => index);
    pass([mixed]);
    invalid(closers.map((at) => mixed.slice(0, at) + (mixed[at] === "}" ? "]" : "}") + mixed.slice(at + 1)));
  });

  test("depth is of open containers; closed ones don't count", () => {
    pass([withValue(`[${"[],{},".repeat(2 * JSON_DEPTH_MAX)}0]`)]);
  });
});
