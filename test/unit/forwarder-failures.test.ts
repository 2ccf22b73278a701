import { appendFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Backoff } from "../../src/forwarder/backoff.ts";
import type { Block, Sent } from "../../src/forwarder/engines/engine.ts";
import { Forwarder } from "../../src/forwarder/forwarder.ts";
import { ObservedEngine, Traffic } from "../../src/forwarder/observed-engine.ts";
import { rejectionOf } from "../support/failure.ts";
import { logFile } from "../support/log-files.ts";
import { type Fate, MemoryEngine, MemoryStream } from "../support/memory-engine.ts";
import { forwarderOptions, forwardToMemory } from "../support/memory-forwarding.ts";

const BUG = new TypeError("undefined is not a function");

/** An engine with a bug, which shows at its third block. */
class Buggy extends MemoryEngine {
  readonly #connections: Buggy[];
  #blocks = 0;

  constructor(stream: MemoryStream, connections: Buggy[]) {
    super(stream);
    connections.push(this);
    this.#connections = connections;
  }

  override async send(block: Block): Promise<Sent> {
    // Were it tried again and again, this test would not end.
    if (this.#connections.length > 3) throw new Error("it was tried again");
    if (++this.#blocks === 3) throw BUG;
    return super.send(block);
  }
}

test("a bug of an engine ends the forwarder with the bug's stack, and isn't tried again", async () => {
  const connections: Buggy[] = [];
  const stream = new MemoryStream();
  const options = forwarderOptions(logFile("1\n2\n3\n4\n"), () => new Buggy(stream, connections));
  const error = await rejectionOf(new Forwarder({ ...options, blockBytes: 2 }).run());
  // With its own stack, since it is the same one.
  expect(error).toBe(BUG);
  expect(connections.length).toBe(1);
});

test("the traffic of an engine that throws at once is ended, too", async () => {
  const traffic = new Traffic(() => {});
  const engine = new (class extends MemoryEngine {
    override send(): Promise<Sent> {
      throw new TypeError("undefined is not a function");
    }
  })(new MemoryStream());
  const block = { file: "f", offset: 0, bytes: Buffer.from("1\n"), lines: 1, crc: 0, generation: 0 };
  const error = await rejectionOf(new ObservedEngine(engine, traffic).send(block));
  expect(String(error)).toBe("TypeError: undefined is not a function");
  expect(traffic.unansweredBlocks).toBe(0);
});

test("an engine that refuses a block gets no other one until it takes that", async () => {
  const stream = new MemoryStream();
  let refusals = 0;
  // Those that are under way when the first one is refused are stored before it.
  stream.fate = ({ offset }) => (offset === 0 && refusals++ < 5 ? "refused" : "stored");
  const options = forwarderOptions(logFile("1\n2\n3\n4\n5\n6\n7\n8\n9\n"), () => new MemoryEngine(stream));
  await new Forwarder({ ...options, blockBytes: 2, backoff: new Backoff({ min: 1, max: 1 }) }).run();
  expect(refusals).toBe(6);
  expect(stream.content.toString()).toBe("2\n3\n4\n1\n5\n6\n7\n8\n9\n");
});

test("blocks behind a refused one are sent again as they were, although the file has grown", async () => {
  const stream = new MemoryStream();
  const path = logFile("1\n2\n3\n");
  const fates: Fate[] = ["refused", "lost", "refused"];
  stream.fate = () => fates.shift() ?? "stored";
  const more = ["", "4\n"];
  stream.compared = () => appendFileSync(path, more.shift() ?? "");
  const options = forwarderOptions(path, () => new MemoryEngine(stream));
  await new Forwarder({ ...options, blockBytes: 4 }).run();
  expect(stream.messages.map(({ length }) => length)).toEqual([4, 2, 2]);
});

test("a block that was found behind a rejected line is sent again when the stream loses it", async () => {
  const stream = new MemoryStream(4);
  const path = logFile("1\n22222\n3\n");
  const fates: Fate[] = ["delayed", "unacknowledged"];
  stream.fate = () => fates.shift() ?? "stored";
  await forwardToMemory(path, stream);
  expect(stream.content.toString()).toBe("1\n3\n");
  stream.rollBack(1);
  await forwardToMemory(path, stream);
  expect(stream.content.toString()).toBe("1\n3\n");
});
