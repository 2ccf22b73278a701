import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Backoff } from "../../src/forwarder/backoff.ts";
import type { ForwarderEvents } from "../../src/forwarder/events.ts";
import { Forwarder, type Forwarding } from "../../src/forwarder/forwarder.ts";
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

/** Forwards what is there. */
function forward(path: string, stream: MemoryStream): Promise<Forwarding> {
  return new Forwarder({
    path,
    engine: () => new MemoryEngine(stream),
    target: "memory",
    isRemembered: true,
    isOnce: true,
    blockBytes: 300,
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
  readonly lines: readonly number[];
  /** Of the first blocks; all that follow are stored. */
  readonly fates: readonly Fate[];
  /** Lines that are appended while the forwarder is connected for the first time, and again. */
  readonly meanwhile: readonly number[];
  readonly lostMessages: number;
}

function rounds(happenings: readonly Happening[], fates: readonly Fate[]): fc.Arbitrary<Round[]> {
  const round = fc.record({
    happening: fc.constantFrom(...happenings),
    lines: fc.array(fc.nat(200), { maxLength: 20 }),
    fates: fc.array(fc.constantFrom<Fate>("stored", "stored", ...fates), { maxLength: 6 }),
    meanwhile: fc.array(fc.nat(200), { maxLength: 3 }),
    lostMessages: fc.nat(5),
  });
  return fc.array(round, { minLength: 1, maxLength: 6 });
}

/** A log file of numbered lines, and the stream that it is forwarded to. */
class Scene {
  readonly stream = new MemoryStream();
  readonly path: string;
  content = "";
  #lines = 0;
  #rotations = 0;

  constructor(path: string) {
    this.path = path;
    writeFileSync(path, "");
  }

  async play({ happening, lines, fates, meanwhile, lostMessages }: Round): Promise<void> {
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
    const { backlogBytes } = await forward(this.path, this.stream);
    expect(backlogBytes).toBe(0);
  }

  #append(lengths: readonly number[]): void {
    const text = lengths.map((length) => `{"n":${this.#lines++},"m":"${"x".repeat(length)}"}\n`).join("");
    appendFileSync(this.path, text);
    this.content += text;
  }
}

/** A block arrives after the look-up that misses it, and the file has grown: only its saved end shows that it is the same. */
const LATE: Round = { happening: "grow", lines: [10, 10], fates: ["late"], meanwhile: [1, 1], lostMessages: 0 };

test("whatever connections, streams and rotation do, each line is stored once and in order", async () => {
  const directory = temporaryDirectory();
  let files = 0;
  const all = rounds(["grow", "rotate", "forgetIds", "rollBack"], ["unacknowledged", "lost", "late"]);
  await fc.assert(
    fc.asyncProperty(all, async (played) => {
      const scene = new Scene(join(directory, `${files++}.jsonl`));
      for (const round of played) {
        await scene.play(round);
        expect(scene.stream.content.toString()).toBe(scene.content);
      }
    }),
    { ...RUNS, examples: [[[LATE]]] },
  );
});

test("where single blocks are refused, each line is stored once", async () => {
  const directory = temporaryDirectory();
  let files = 0;
  await fc.assert(
    fc.asyncProperty(rounds(["grow", "forgetIds"], ["refused", "unacknowledged"]), async (played) => {
      const scene = new Scene(join(directory, `${files++}.jsonl`));
      for (const round of played) await scene.play(round);
      const inOrder = scene.stream.messages.toSorted((a, b) => a.offset - b.offset);
      expect(Buffer.concat(inOrder.map(({ bytes }) => bytes)).toString()).toBe(scene.content);
    }),
    RUNS,
  );
});
