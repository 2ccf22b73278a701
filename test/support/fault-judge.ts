import assert from "node:assert/strict";
import { createReadStream, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";

/** What one producer's own journal says. */
export interface Journal {
  readonly producer: string;
  /** The name of the producer's run, where its lines carry one. */
  readonly run?: string;
  /** Numbers of the last line sent and the last one acknowledged, -1 for none. */
  readonly sent: number;
  readonly acked: number;
}

export interface Judgement {
  readonly lines: number;
  /** Lines that were stored, not acknowledged before a crash, and sent again. */
  readonly duplicates: number;
}

const OWN_LINE = /^\{"producer":"(?<producer>[^"\\]+)","seq":(?<seq>\d+)(?:,"pad":"x*")?\}$/;
const PRODUCER_LINE =
  /^\{"source":"producer","timestamp":\d+,"level":"INFO","message":"[A-Z]*","producer":"(?<producer>[^"\\]+)","run":"(?<run>[0-9a-z]{8})","seq":(?<seq>\d+),"sentAtNs":\d+\}$/;

/** Output files in the order they were written: set aside (rotated or suspect) by their time, then the output itself. */
export function outputFiles(output: string): string[] {
  const prefix = `${basename(output)}.`;
  const stamp = (name: string): string => name.slice(prefix.length).replace(/^suspect-/, "");
  return readdirSync(dirname(output))
    .filter((name) => name.startsWith(prefix) && /^\d{8}T\d{9}Z(-\d+)?(\.gz)?$/.test(stamp(name)))
    .sort((a, b) => compare(stamp(a), stamp(b)))
    .concat(readdirSync(dirname(output)).filter((name) => name === basename(output)))
    .map((name) => join(dirname(output), name));
}

/** `…Z-2` comes before `…Z-10`. */
function compare(a: string, b: string): number {
  return a.slice(0, 19).localeCompare(b.slice(0, 19)) || a.localeCompare(b, "en", { numeric: true });
}

/**
 * Holds files against journals kept outside the system: acked ⊆ file ⊆ sent, each producer's lines in order and without
 * a gap (duplicates after a crash aside), every line valid to the byte, every file whole.
 *
 * @throws AssertionError naming the first broken promise
 */
export async function judge(files: readonly string[], journals: readonly Journal[]): Promise<Judgement> {
  const last = new Map<string, number>();
  const highest = new Map<string, number>();
  let lines = 0;
  let duplicates = 0;
  for (const file of files) {
    for await (const line of linesOf(file)) {
      lines++;
      const found = (OWN_LINE.exec(line) ?? PRODUCER_LINE.exec(line))?.groups;
      assert(found !== undefined, `${file} line ${lines} is nobody's: ${line.slice(0, 200)}`);
      const name = sequenceName(found["producer"], found["run"]);
      const seq = Number(found["seq"]);
      const top = highest.get(name) ?? -1;
      assert(seq <= top + 1, `${name}: line ${seq} follows ${top}, ${seq - top - 1} are missing between`);
      if (seq <= top) {
        duplicates++;
        const before = last.get(name) ?? -1;
        assert(seq <= before + 1, `${name}: line ${seq} came again out of order, behind ${before}`);
      }
      last.set(name, seq);
      highest.set(name, Math.max(seq, top));
    }
  }
  for (const { producer, run, sent, acked } of journals) {
    const name = sequenceName(producer, run);
    const stored = highest.get(name) ?? -1;
    assert(
      stored >= acked,
      `${name}: ${acked - stored} acknowledged lines are lost (acked ${acked}, stored ${stored})`,
    );
    assert(stored <= sent, `${name}: ${stored - sent} lines are invented (sent ${sent}, stored ${stored})`);
    highest.delete(name);
  }
  assert.deepEqual([...highest.keys()], [], "lines of a producer that isn't there");
  return { lines, duplicates };
}

/** No name in these tests has a blank in it. */
function sequenceName(producer = "", run = ""): string {
  return run === "" ? producer : `${producer} ${run}`;
}

/** @throws AssertionError when the last line has no end */
async function* linesOf(file: string): AsyncGenerator<string> {
  const stream = createReadStream(file);
  const input = file.endsWith(".gz") ? stream.pipe(createGunzip()) : stream;
  let lastByte = 0x0a;
  input.on("data", (chunk: Buffer) => {
    lastByte = chunk.at(-1) ?? lastByte;
  });
  yield* createInterface({ input, crlfDelay: 0 });
  assert.equal(lastByte, 0x0a, `${file} ends inside a line`);
}
