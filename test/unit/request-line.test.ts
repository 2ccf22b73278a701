import { describe, expect, test } from "vitest";
import { RequestLine } from "../../src/framing/request-line.ts";
import { everyCut, singleBytes } from "../support/cuts.ts";

const REQUESTS = [
  "GET / HTTP/1.1\r\n",
  "POST /collect?x=1#y HTTP/1.0\r\n",
  "OPTIONS * HTTP/1.1\r\n",
  "CONNECT example.org:443 HTTP/1.1\r\n",
  "GET http://127.0.0.1:9000/ HTTP/1.9\r\n",
  "M-SEARCH * HTTP/1.1\r\n",
  "patch /\xe4\xff HTTP/1.1\r\n",
  "G / HTTP/1.1\r\n",
];

const LINES = [
  '{"a":"GET / HTTP/1.1"}\n',
  "GET / HTTP/1.1\n",
  "GET / HTTP/1.1 \r\n",
  "GET / HTTP/1.1\r\r\n",
  "GET / HTTP/1.1",
  "GET / HTTP/1.1\r",
  "GET / HTTP/1.\r\n",
  "GET / HTTP/1.10\r\n",
  "GET / HTTP/2.0\r\n",
  "GET / http/1.1\r\n",
  "GET /a b HTTP/1.1\r\n",
  "GET  / HTTP/1.1\r\n",
  "GET /  HTTP/1.1\r\n",
  "GET HTTP/1.1\r\n",
  "GET /\r\n",
  " GET / HTTP/1.1\r\n",
  "\r\nGET / HTTP/1.1\r\n",
  "G\tT / HTTP/1.1\r\n",
  "(GET) / HTTP/1.1\r\n",
  "GET /\x00 HTTP/1.1\r\n",
  "GET /\x7f HTTP/1.1\r\n",
  '127.0.0.1 - - "GET / HTTP/1.1" 200\r\n',
  "HTTP/1.1 200 OK\r\n",
  "\n",
  "",
];

function isRequest(chunks: readonly Buffer[]): boolean {
  const line = new RequestLine();
  for (const chunk of chunks) {
    const verdict = line.read(chunk);
    if (verdict !== undefined) return verdict;
  }
  return false;
}

describe.each([
  ["a request", REQUESTS, true],
  ["a log line", LINES, false],
] as const)("%s", (_, texts, wanted) => {
  test.each(texts)("%j is known however it is cut", (text) => {
    const bytes = Buffer.from(text, "latin1");
    for (const chunks of everyCut(bytes.subarray(0, 12))) {
      expect(isRequest([...chunks, bytes.subarray(12)])).toBe(wanted);
    }
    expect(isRequest(singleBytes(bytes))).toBe(wanted);
    expect(isRequest([bytes])).toBe(wanted);
  });
});

test("what follows in the same chunk doesn't matter", () => {
  expect(isRequest([Buffer.from("POST / HTTP/1.1\r\nHost: x\r\n\r\n{}\n")])).toBe(true);
  expect(isRequest([Buffer.from("text\nPOST / HTTP/1.1\r\n")])).toBe(false);
});

test("a log line is known by its first byte where no method begins so", () => {
  for (const byte of '{[("<\\/ \t\r\n') expect(new RequestLine().read(Buffer.from(byte))).toBe(false);
  expect(new RequestLine().read(Buffer.from("GET"))).toBeUndefined();
});
