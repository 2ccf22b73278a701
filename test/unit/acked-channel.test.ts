import { describe, expect, test } from "vitest";
import { AckedChannel } from "../../src/acks/receiving/acked-channel.ts";
import { CountedFramer } from "../../src/acks/receiving/counted-framer.ts";
import { type Backpressure, Gate } from "../../src/core/backpressure.ts";
import { ACK_MARKS_MAX } from "../../src/core/limits.ts";
import { framingCounts } from "../../src/framing/framing.ts";
import { StreamFramer } from "../../src/framing/stream-framer.ts";
import { TailBudget } from "../../src/framing/tail-budget.ts";
import { Normalizer, recordCounts } from "../../src/records/normalizer.ts";

const LINE_BYTES_MAX = 100;

/** An acknowledged channel from bytes to positions in a sink, and the sender who hears its answers when it likes. */
class Site {
  readonly heard: unknown[] = [];
  readonly channel: AckedChannel;
  readonly #unread = new Gate();
  #position = 0;

  constructor() {
    const records = recordCounts();
    const normalizer = new Normalizer("json");
    const emit = (block: Buffer): void => {
      const store = (lines: Buffer): void => {
        this.#position += lines.length;
      };
      normalizer.normalize(block, records, { store });
    };
    const frame = (counts = framingCounts()): StreamFramer =>
      new StreamFramer({ lineBytesMax: LINE_BYTES_MAX, budget: new TailBudget(0), counts }, emit);
    this.channel = new AckedChannel({
      name: "p",
      connection: { reply: (lines) => this.#hear(lines), peer: () => ({}), handTo() {}, close() {} },
      framer: new CountedFramer({ transport: "tcp", framing: framingCounts(), records, frame }),
      progress: { next: 0, position: 0 },
      first: 0,
    });
  }

  /** Takes a chunk. @returns where it ends in the sink */
  take(text: string): number {
    this.channel.receive(Buffer.from(text), () => this.#position);
    return this.#position;
  }

  stopReading(): void {
    this.#unread.close();
  }

  async read(): Promise<void> {
    this.#unread.open();
    await Promise.resolve();
  }

  #hear(lines: Buffer): Backpressure {
    this.heard.push(JSON.parse(lines.toString()));
    return this.#unread.pass();
  }
}

describe("a sender that doesn't read its answers", () => {
  test("is told nothing more, and the latest when it does", async () => {
    const site = new Site();
    site.stopReading();
    for (let n = 0; n < 1000; n++) site.channel.acknowledge(site.take('{"n":1}\n'));
    expect(site.heard).toEqual([{ ack: 0 }]);
    await site.read();
    expect(site.heard).toEqual([{ ack: 0 }, { ack: 999 }]);
    site.channel.acknowledge(site.take("{}\n"));
    expect(site.heard.at(-1)).toEqual({ ack: 1000 });
  });

  test("is told of lines that were too long before they are acknowledged", async () => {
    const site = new Site();
    site.stopReading();
    const long = `${"x".repeat(2 * LINE_BYTES_MAX)}\n`;
    for (const text of ["{}\n", long, long, "{}\n"]) site.channel.acknowledge(site.take(text));
    await site.read();
    expect(site.heard).toEqual([{ ack: 0 }, { refused: 2, upTo: 3 }, { ack: 3 }]);
  });

  test("hears why it is refused, and nothing after that", async () => {
    const site = new Site();
    site.stopReading();
    for (let n = 0; n < 3; n++) site.channel.acknowledge(site.take("{}\n"));
    site.channel.refuse({ error: "because", retry: true });
    await site.read();
    expect(site.heard).toEqual([{ ack: 0 }, { error: "because", retry: true }]);
  });
});

test("takes that wait for a sync are told apart only so far, and the last of them is acknowledged when all is safe", () => {
  const site = new Site();
  const ends = Array.from({ length: 3 * ACK_MARKS_MAX }, () => site.take("{}\n"));
  for (const end of ends) site.channel.acknowledge(end);
  expect(site.heard).toHaveLength(ACK_MARKS_MAX);
  expect(site.heard[0]).toEqual({ ack: 0 });
  expect(site.heard.at(-1)).toEqual({ ack: 3 * ACK_MARKS_MAX - 1 });
  expect(site.channel.isQuiet).toBe(true);
});
