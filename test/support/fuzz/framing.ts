import assert from "node:assert/strict";
import { framingCounts } from "../../../src/framing/framing.ts";
import { MessageFramer } from "../../../src/framing/message-framer.ts";
import { RequestLine } from "../../../src/framing/request-line.ts";
import { BlockCollector, frameStream, referenceFraming } from "../framed.ts";
import type { Random } from "../json-inputs.ts";
import { messageBatch } from "../message-batch.ts";
import { type FuzzTarget, inChunks, oneOf, withSlips } from "./fuzz-target.ts";

/** Frequent in lines, and where framing may go wrong. */
const BYTES = Buffer.from("\n\n\n\r \t\0{}ab");

function bytesWithLines(random: Random, bytesMax: number): Buffer {
  const bytes = Buffer.alloc(random(bytesMax + 1));
  for (let at = 0; at < bytes.length; at++)
    bytes[at] = random(3) === 0 ? random(256) : (BYTES[random(BYTES.length)] ?? 0);
  return bytes;
}

/** Streams: the lines that are in them, however they are cut. */
export const streams: FuzzTarget = {
  name: "framing of streams",
  short: 1000,
  long: 2_000_000,
  fuzz(random, cases) {
    for (let i = 0; i < cases; i++) {
      const bytes = bytesWithLines(random, 80);
      const lineBytesMax = 1 + random(40);
      const framed = frameStream(inChunks(random, bytes), lineBytesMax);
      assert.deepEqual(framed, referenceFraming(bytes, lineBytesMax), `${bytes.toString("base64")}, ${lineBytesMax}`);
    }
  },
};

/** Messages: the lines that are in each, and those that the kernel cut short are counted. */
export const messages: FuzzTarget = {
  name: "framing of messages",
  short: 500,
  long: 500_000,
  fuzz(random, cases) {
    for (let i = 0; i < cases; i++) {
      const all = Array.from({ length: random(8) }, () => bytesWithLines(random, 40));
      const [lineBytesMax, slotBytes] = [1 + random(40), 42];
      const collector = new BlockCollector();
      const counts = framingCounts();
      new MessageFramer(lineBytesMax, counts, collector.emit).push(messageBatch(all, slotBytes));
      const wanted = all.map((message) => referenceFraming(message, lineBytesMax));
      const example = all.map((message) => message.toString("base64")).join(" ");
      assert.deepEqual(
        collector.lines,
        wanted.flatMap(({ lines }) => lines),
        example,
      );
      const oversize = wanted.reduce((sum, reference) => sum + reference.counts.oversize, 0);
      assert.equal(counts.oversize, oversize, example);
    }
  },
};

const REQUEST = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [^\0-\x20\x7f]+ HTTP\/1\.\d\r\n/;

/** Requests: found exactly where a first line is one, however it is cut. */
export const requests: FuzzTarget = {
  name: "HTTP request lines",
  short: 1000,
  long: 500_000,
  fuzz(random, cases) {
    for (let i = 0; i < cases; i++) {
      const line = `${oneOf(random, ["GET", "POST", "x", ""])} ${oneOf(random, ["/", "*", "http://a/?b"])} HTTP/1.${random(10)}\r\n`;
      const bytes = Buffer.from(withSlips(random, line, " \r\n\t\0H/1.\u00e9{"), "latin1");
      const parser = new RequestLine();
      let verdict: boolean | undefined;
      for (const chunk of inChunks(random, bytes)) verdict ??= parser.read(chunk);
      assert.equal(verdict === true, REQUEST.test(bytes.toString("latin1")), JSON.stringify(bytes.toString("latin1")));
    }
  },
};
