import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CheckpointWatch } from "../../src/aggregator/checkpoint-watch.ts";
import { SLOT_BYTES, SLOTS, SlotFile } from "../../src/checkpoint/slot-file.ts";
import type { Backlog } from "../../src/sink/forwarding.ts";
import { RotatedFiles } from "../../src/sink/rotated-files.ts";
import { logFile } from "../support/log-files.ts";
import { MemoryStream } from "../support/memory-engine.ts";
import { forwardToMemory } from "../support/memory-forwarding.ts";
import { openDescriptors } from "../support/open-descriptors.ts";

/** An output that is rotated and forwarded, and what its checkpoint is taken to say. */
class Scene {
  readonly output: string = logFile("");
  readonly checkpoint: string = `${this.output}.checkpoint`;
  readonly problems: string[] = [];
  readonly #watch: CheckpointWatch;
  readonly #stream = new MemoryStream();
  #rotations = 0;
  #lines = 0;

  constructor(isExpected = false) {
    this.#watch = new CheckpointWatch(this.output, { isExpected, unusable: (problem) => this.problems.push(problem) });
  }

  /** Rotates so many times. The files have different contents. @returns their names */
  rotate(count: number, kind = ""): string[] {
    return Array.from({ length: count }, () => {
      appendFileSync(this.output, `{"n":${this.#lines++}}\n`);
      const name = `${this.output}.${kind}20260101T000000${String(this.#rotations++).padStart(3, "0")}Z`;
      renameSync(this.output, name);
      writeFileSync(this.output, "");
      return name;
    });
  }

  async forward(): Promise<void> {
    expect(await forwardToMemory(this.output, this.#stream)).toEqual([]);
  }

  async backlog(): Promise<Backlog | undefined> {
    return this.#watch.backlog(await new RotatedFiles(this.output).list());
  }

  get position(): string {
    return this.#watch.position();
  }
}

test("without a checkpoint nothing waits, unless a forwarder is expected", async () => {
  const [scene, expecting] = [new Scene(), new Scene(true)];
  scene.rotate(2);
  expecting.rotate(2);
  expect(await scene.backlog()).toBeUndefined();
  expect(await expecting.backlog()).toEqual({ files: 0, bytes: 0 });
});

test("a file is forwarded when the forwarder has begun with a later one", async () => {
  const scene = new Scene();
  scene.rotate(3);
  await scene.forward();
  const before = scene.position;
  scene.rotate(4);
  // It has not looked since: the first of the four is the one that it had open.
  expect(await scene.backlog()).toEqual({ files: 3, bytes: 0 });
  expect(scene.position).toBe(before);
  await scene.forward();
  expect(await scene.backlog()).toEqual({ files: 7, bytes: 0 });
  expect(scene.position).not.toBe(before);
  expect(scene.problems).toEqual([]);
});

test("of the file that it reads, the acknowledged bytes are forwarded", async () => {
  const scene = new Scene();
  appendFileSync(scene.output, "{}\n");
  await scene.forward();
  scene.rotate(2);
  expect(await scene.backlog()).toEqual({ files: 0, bytes: 3 });
});

test("a suspect file has its place among the others", async () => {
  const scene = new Scene();
  scene.rotate(1);
  appendFileSync(scene.output, "{}\n");
  await scene.forward();
  scene.rotate(1, "suspect-");
  scene.rotate(2);
  expect(await scene.backlog()).toEqual({ files: 1, bytes: 0 });
});

test("if the file that was being forwarded is gone, what was finished before it still is forwarded", async () => {
  const scene = new Scene();
  scene.rotate(2);
  await scene.forward();
  const [open = ""] = scene.rotate(2);
  unlinkSync(open);
  expect(await scene.backlog()).toEqual({ files: 2, bytes: 0 });
});

test("an inode that was used again is another file", async () => {
  const scene = new Scene();
  const [first = ""] = scene.rotate(1);
  await scene.forward();
  unlinkSync(scene.output);
  unlinkSync(first);
  // ext4 gives the next file the inode of the last one that was removed.
  writeFileSync(scene.output, "{}\n");
  const [next = ""] = scene.rotate(1);
  expect(await scene.backlog()).toEqual({ files: 0, bytes: 0 });
  expect(scene.problems).toEqual([`${scene.checkpoint} is about none of the files that are there`]);
  expect(readFileSync(next, "utf8")).toContain("{}");
});

test.each([
  [
    "torn",
    (path: string) => writeFileSync(path, Buffer.alloc(SLOTS * SLOT_BYTES, 1)),
    "is damaged, or of another version",
  ],
  ["cut short", (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 15)), "is damaged"],
  ["of another version", (path: string) => rewrite(path, '{"version":2}'), "of another version"],
  ["no JSON", (path: string) => rewrite(path, "not JSON"), "of another version"],
  [
    "a directory",
    (path: string) => {
      rmSync(path);
      mkdirSync(path);
    },
    "can't be read (EISDIR)",
  ],
])("with a checkpoint that is %s all files wait, and that is said once", async (_, damage, problem) => {
  const scene = new Scene();
  scene.rotate(2);
  await scene.forward();
  damage(scene.checkpoint);
  const descriptors = openDescriptors(scene.checkpoint);
  expect(await scene.backlog()).toEqual({ files: 0, bytes: 0 });
  expect(await scene.backlog()).toEqual({ files: 0, bytes: 0 });
  expect(openDescriptors(scene.checkpoint)).toEqual(descriptors);
  expect(scene.problems).toEqual([expect.stringContaining(problem)]);
});

test("a forwarder that hasn't begun has forwarded nothing", async () => {
  const scene = new Scene();
  scene.rotate(2);
  new SlotFile(scene.checkpoint, "write").close();
  expect(await scene.backlog()).toEqual({ files: 0, bytes: 0 });
  expect(scene.problems).toEqual([]);
});

test("the slot that is being written is passed over", async () => {
  const scene = new Scene();
  scene.rotate(2);
  await scene.forward();
  const whole = readFileSync(scene.checkpoint);
  const newest = Array.from({ length: SLOTS }, (_, slot) => slot * SLOT_BYTES).toSorted((a, b) =>
    Number(whole.readBigUInt64LE(b + 8) - whole.readBigUInt64LE(a + 8)),
  )[0];
  whole.fill(0xff, (newest ?? 0) + 30, (newest ?? 0) + 60);
  writeFileSync(scene.checkpoint, whole);
  expect(await scene.backlog()).toMatchObject({ files: expect.any(Number) });
  expect(scene.problems).toEqual([]);
});

function rewrite(path: string, payload: string): void {
  rmSync(path);
  const slots = new SlotFile(path, "write");
  slots.write(Buffer.from(payload));
  slots.close();
}
