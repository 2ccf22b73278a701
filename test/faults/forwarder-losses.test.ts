import {
  appendFileSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkpointPath } from "../../src/checkpoint/checkpoint.ts";
import { type Fate, MemoryStream } from "../support/memory-engine.ts";
import { forwardToMemory } from "../support/memory-forwarding.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** A file is recognised by so many bytes. */
const HEAD_BYTES = 4096;

/** What happens to files and stream before a run. */
interface Round {
  /** `shorten`: the file loses its end. `save`, `restore`: file and checkpoint are set back. `rollBack`: the stream loses its end. */
  readonly happening: "grow" | "shorten" | "rotate" | "save" | "restore" | "rollBack" | "forgetIds";
  readonly amount: number;
  readonly lines: number;
  readonly fates: readonly Fate[];
}

const ROUNDS: fc.Arbitrary<Round[]> = fc.array(
  fc.record({
    happening: fc.constantFrom<Round["happening"]>(
      "grow",
      "shorten",
      "shorten",
      "rotate",
      "save",
      "restore",
      "rollBack",
      "forgetIds",
    ),
    amount: fc.nat(2000),
    lines: fc.nat(60),
    fates: fc.array(fc.constantFrom<Fate>("stored", "stored", "unacknowledged", "lost"), { maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 8 },
);

/** Each takes a third of a second: files are synced. */
const RUNS = 20;

/** The file loses more than what a name of it began with, and then the stream loses what was sent under the next name. */
const CUT_TWICE: Round[] = [
  { happening: "shorten", amount: 1, lines: 0, fates: [] },
  { happening: "shorten", amount: 393, lines: 8, fates: ["lost", "lost", "stored"] },
  { happening: "rollBack", amount: 5, lines: 45, fates: [] },
];

class Scene {
  readonly stream = new MemoryStream();
  readonly path: string;
  #lines = 0;
  #rotations = 0;

  constructor(directory: string) {
    this.path = join(directory, "app.jsonl");
    writeFileSync(this.path, "");
  }

  async play({ happening, amount, lines, fates }: Round): Promise<void> {
    const { path, stream } = this;
    const own = [path, checkpointPath(path)];
    if (happening === "shorten") {
      const { size } = statSync(path);
      if (size > HEAD_BYTES) truncateSync(path, Math.max(HEAD_BYTES, size - amount));
    } else if (happening === "rotate") {
      // As the aggregator does with an unfinished line.
      truncateSync(path, readFileSync(path).lastIndexOf("\n") + 1);
      renameSync(path, `${path}.20261126T${String(this.#rotations++).padStart(9, "0")}Z`);
      writeFileSync(path, "");
      this.#forget(own);
      this.#grow(500);
    } else if (happening === "save") for (const file of own) copyFileSync(file, `${file}.saved`);
    else if (happening === "restore") {
      // In place, as a machine that is set back.
      for (const file of own) if (this.#isThere(`${file}.saved`)) writeFileSync(file, readFileSync(`${file}.saved`));
    } else if (happening === "rollBack") {
      // A stream that is set back and filled again has other blocks with the numbers that the saved checkpoint knows.
      this.#forget(own);
      stream.rollBack(Math.min(amount % 20, stream.messages.length));
    } else if (happening === "forgetIds") stream.forgetIds();
    this.#grow(lines);
    const left = [...fates];
    stream.fate = () => left.shift() ?? "stored";
    await forwardToMemory(path, stream);
  }

  begin(): Promise<void> {
    return this.play({ happening: "grow", amount: 0, lines: 500, fates: [] });
  }

  /** Lines of all files, in order. */
  get written(): string[] {
    const [directory, base] = [dirname(this.path), basename(this.path)];
    const names = readdirSync(directory).filter((name) => name === base || /\d{9}Z$/.test(name));
    const ordered = [...names.filter((name) => name !== base).sort(), base];
    return ordered.flatMap((name) => readFileSync(join(directory, name), "utf8").split("\n").slice(0, -1));
  }

  get stored(): string[] {
    return this.stream.content.toString().split("\n").slice(0, -1);
  }

  #forget(own: readonly string[]): void {
    for (const file of own) rmSync(`${file}.saved`, { force: true });
  }

  #isThere(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  }

  #grow(count: number): void {
    appendFileSync(this.path, Array.from({ length: count }, () => `{"n":${this.#lines++}}\n`).join(""));
  }
}

test("whatever files and streams lose, each line that the files have is stored once, and in order", async () => {
  await fc.assert(
    fc.asyncProperty(ROUNDS, async (rounds) => {
      const scene = new Scene(temporaryDirectory());
      await scene.begin();
      for (const round of rounds) {
        await scene.play(round);
        const { stored, written } = scene;
        const places = new Map<string, number>();
        for (const [at, line] of stored.entries()) {
          expect(places.has(line), `${line} is stored twice`).toBe(false);
          places.set(line, at);
        }
        let before = -1;
        for (const line of written) {
          const at = places.get(line) ?? -1;
          expect(at, `${line} is lost or out of order`).toBeGreaterThan(before);
          before = at;
        }
      }
    }),
    { numRuns: RUNS, interruptAfterTimeLimit: 20_000, examples: [[CUT_TWICE]] },
  );
});
