import { createHash } from "node:crypto";
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Backoff } from "../../src/forwarder/backoff.ts";
import { COMPRESSIONS, type Compression } from "../../src/forwarder/engines/packing.ts";
import type { ForwarderEvents } from "../../src/forwarder/events.ts";
import { Forwarder, type Forwarding } from "../../src/forwarder/forwarder.ts";
import { UNITS, type Unit } from "../../src/forwarder/planner.ts";
import { type Fate, MemoryEngine, MemoryStream } from "../support/memory-engine.ts";
import { runs } from "../support/property-runs.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const SILENT: ForwarderEvents = {
  connected: () => {},
  waiting: () => {},
  rotated: () => {},
  changed: () => {},
  refilling: () => {},
  warned: () => {},
  rejected: () => {},
};

/** Each makes files and syncs them. */
const RUNS = runs(30);

const COMPRESSION: fc.Arbitrary<Compression | undefined> = fc.constantFrom(undefined, ...COMPRESSIONS);

/** Bytes of a message, and of the file's lines that are read together. */
const MESSAGE_BYTES_MAX = 300;

/** How blocks are sent. */
interface Sending {
  readonly unit: Unit;
  readonly compression: Compression | undefined;
}

/** Forwards what is there. */
function forward(path: string, stream: MemoryStream, { unit, compression }: Sending): Promise<Forwarding> {
  return new Forwarder({
    path,
    engine: () => new MemoryEngine(stream, compression),
    target: "memory",
    isRemembered: true,
    isOnce: true,
    blockBytes: MESSAGE_BYTES_MAX,
    unit,
    lingerMs: 1,
    window: { blocks: 4, bytes: 100_000 },
    backoff: new Backoff({ min: 1, max: 2 }),
    events: SILENT,
    stop: new AbortController().signal,
  }).run();
}

/** Something that happens to the file or to the stream before a run. */
type Happening = "grow" | "rotate" | "forgetIds" | "rollBack";

interface Round {
  readonly happening: Happening;
  readonly unit: Unit;
  readonly lines: readonly number[];
  /** Of the first blocks; all that follow are stored. */
  readonly fates: readonly Fate[];
  /** Lines that are appended while the forwarder is connected for the first time, and again. */
  readonly meanwhile: readonly number[];
  readonly lostMessages: number;
}

const LENGTHS: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.nat(200) },
  fc.integer({ min: 200, max: 500 }),
);

function rounds(happenings: readonly Happening[], fates: readonly Fate[]): fc.Arbitrary<Round[]> {
  const round = fc.record({
    happening: fc.constantFrom(...happenings),
    unit: fc.constantFrom(...UNITS),
    lines: fc.array(LENGTHS, { maxLength: 20 }),
    fates: fc.array(fc.constantFrom<Fate>("stored", "stored", ...fates), { maxLength: 6 }),
    meanwhile: fc.array(LENGTHS, { maxLength: 3 }),
    lostMessages: fc.nat(5),
  });
  return fc.array(round, { minLength: 1, maxLength: 6 });
}

/** A log file of numbered lines, and the stream that it is forwarded to. */
class Scene {
  readonly stream = new MemoryStream(MESSAGE_BYTES_MAX);
  readonly path: string;
  readonly #compression: Compression | undefined;
  /** Of the lines that a message can hold. */
  content = "";
  #lines = 0;
  #tooLong = 0;
  #rotations = 0;

  constructor(path: string, compression: Compression | undefined) {
    this.path = path;
    this.#compression = compression;
    writeFileSync(path, "");
  }

  async play({ happening, unit, lines, fates, meanwhile, lostMessages }: Round): Promise<void> {
    if (happening === "rotate") {
      renameSync(this.path, `${this.path}.20261126T${String(this.#rotations++).padStart(9, "0")}Z`);
      writeFileSync(this.path, "");
    }
    this.#append(lines);
    if (happening === "forgetIds") this.stream.forgetIds();
    if (happening === "rollBack") this.stream.rollBack(Math.min(lostMessages, this.stream.messages.length));
    const [left, more] = [[...fates], [...meanwhile]];
    this.stream.fate = () => left.shift() ?? "stored";
    this.stream.compared = () => this.#append(more.splice(0, 1));
    const { backlogBytes, tally } = await forward(this.path, this.stream, { unit, compression: this.#compression });
    expect(backlogBytes).toBe(0);
    // Those of a stream that was set back are rejected again.
    expect(tally.rejected).toBeGreaterThanOrEqual(this.#tooLong);
    this.#tooLong = 0;
  }

  #append(lengths: readonly number[]): void {
    for (const length of lengths) {
      const line = lineOf(this.#lines++, length);
      appendFileSync(this.path, line);
      if (isShort(line, this.#compression)) this.content += line;
      else this.#tooLong++;
    }
  }
}

/** A block arrives after the look-up that misses it, and the file has grown: only its saved end shows that it is the same. */
const LATE: Round = {
  happening: "grow",
  unit: "block",
  lines: [10, 10],
  fates: ["late"],
  meanwhile: [1, 1],
  lostMessages: 0,
};

/** Every second line can hardly be compressed. */
function lineOf(n: number, length: number): string {
  const parts = Array.from({ length: 1 + length / 64 }, (_, part) =>
    createHash("sha512").update(`${n} ${part}`).digest("base64"),
  );
  return `{"n":${n},"m":"${n % 2 === 0 ? "x".repeat(length) : parts.join("").slice(0, length)}"}\n`;
}

/** Whether a message can hold a line. */
function isShort(line: string, compression: Compression | undefined): boolean {
  if (line.length <= MESSAGE_BYTES_MAX) return true;
  if (compression === "gzip") return gzipSync(line, { level: 1 }).length <= MESSAGE_BYTES_MAX;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 2,
    [constants.BROTLI_PARAM_LGWIN]: 1 + Math.ceil(Math.log2(line.length)),
    [constants.BROTLI_PARAM_SIZE_HINT]: line.length,
  };
  return compression === "br" && brotliCompressSync(line, { params }).length <= MESSAGE_BYTES_MAX;
}

test("whatever connections, streams and rotation do, each line is stored once and in order", async () => {
  const directory = temporaryDirectory();
  let files = 0;
  const all = rounds(
    ["grow", "rotate", "forgetIds", "rollBack"],
    ["overtaken", "delayed", "unacknowledged", "lost", "late"],
  );
  await fc.assert(
    fc.asyncProperty(all, COMPRESSION, async (played, compression) => {
      const scene = new Scene(join(directory, `${files++}.jsonl`), compression);
      for (const round of played) {
        await scene.play(round);
        expect(scene.stream.content.toString()).toBe(scene.content);
      }
    }),
    { ...RUNS, examples: [[[LATE], undefined]] },
  );
});

test("where single blocks are refused, each line is stored once", async () => {
  const directory = temporaryDirectory();
  let files = 0;
  await fc.assert(
    fc.asyncProperty(
      rounds(["grow", "forgetIds"], ["refused", "doubted", "overtaken", "delayed", "unacknowledged"]),
      COMPRESSION,
      async (played, compression) => {
        const scene = new Scene(join(directory, `${files++}.jsonl`), compression);
        for (const round of played) await scene.play(round);
        const inOrder = scene.stream.messages.toSorted((a, b) => a.offset - b.offset);
        expect(Buffer.concat(inOrder.map(({ bytes }) => bytes)).toString()).toBe(scene.content);
      },
    ),
    RUNS,
  );
});
