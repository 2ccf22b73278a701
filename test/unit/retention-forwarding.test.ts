import { appendFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CheckpointWatch } from "../../src/aggregator/checkpoint-watch.ts";
import type { Removal } from "../../src/sink/output-events.ts";
import { Retention } from "../../src/sink/retention.ts";
import { NO_ROTATION, type RotationPlan } from "../../src/sink/rotation.ts";
import { eventually } from "../support/fault-wait.ts";
import { MemoryStream } from "../support/memory-engine.ts";
import { forwardToMemory } from "../support/memory-forwarding.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { mountTmpfs } from "../support/tmpfs.ts";

const MiB = 1024 * 1024;

/** An output with a forwarder, whose rotated files are retained. */
class Scene {
  readonly output: string;
  readonly removals: Removal[] = [];
  readonly retention: Retention;
  readonly #stream = new MemoryStream();
  #rotations = 0;

  constructor(plan: Partial<RotationPlan>, directory: string = temporaryDirectory()) {
    this.output = join(directory, "app.jsonl");
    writeFileSync(this.output, "");
    this.retention = new Retention(
      this.output,
      { ...NO_ROTATION, bytesMax: MiB, ...plan },
      {
        isOpen: () => false,
        forwarding: new CheckpointWatch(this.output, { isExpected: false, unusable: () => expect.unreachable() }),
        events: {
          removed: (removal) => this.removals.push(removal),
          spaceShort: () => {},
          problem: (error) => expect.unreachable(String(error)),
        },
      },
    );
    onTestFinished(() => this.retention.close());
  }

  /** Writes lines and rotates, so many times. */
  rotate(count: number, line = "{}"): void {
    for (let i = 0; i < count; i++) {
      appendFileSync(this.output, `${line}${this.#rotations}\n`);
      renameSync(this.output, `${this.output}.20260101T000000${String(this.#rotations++).padStart(3, "0")}Z`);
      writeFileSync(this.output, "");
    }
  }

  async forward(): Promise<void> {
    expect(await forwardToMemory(this.output, this.#stream)).toEqual([]);
  }

  /** Numbers and forms of the rotated files. */
  get left(): string[] {
    return readdirSync(join(this.output, ".."))
      .flatMap((name) => /\.20260101T000000(\d+)Z(.*)$/.exec(name)?.slice(1).join("") ?? [])
      .toSorted();
  }

  async becomes(left: readonly string[]): Promise<void> {
    await eventually(
      () => {
        this.retention.look();
        return this.left.join() === left.join();
      },
      () => `${this.left} instead of ${left}`,
    );
  }
}

test("files beyond a limit stay until they are forwarded, and go as soon as the forwarder has moved on", async () => {
  const scene = new Scene({ keep: 1, holdMs: 0 });
  scene.rotate(2);
  await scene.forward();
  scene.rotate(3);
  await scene.retention.begin();
  expect(scene.left).toEqual(["002", "003", "004"]);
  await scene.forward();
  await scene.becomes(["004"]);
  await scene.retention.close();
  expect(scene.removals.map(({ limit, files, unforwardedBytes }) => [limit, files, unforwardedBytes])).toEqual([
    ["keep", 2, 0],
    ["keep", 2, 0],
  ]);
});

test("a file that is forwarded stays for the hold", async () => {
  const scene = new Scene({ totalBytesMax: 1, holdMs: 60_000 });
  scene.rotate(3);
  await scene.forward();
  await scene.retention.begin();
  scene.retention.added();
  await scene.retention.close();
  expect(scene.left).toEqual(["000", "001", "002"]);
});

test("compression waits until a file is forwarded", async () => {
  const scene = new Scene({ compress: true, holdMs: 0 });
  scene.rotate(1);
  await scene.forward();
  scene.rotate(2);
  await scene.retention.begin();
  await scene.becomes(["000.gz", "001", "002"]);
  await scene.forward();
  await scene.becomes(["000.gz", "001.gz", "002.gz"]);
});

test("a limit on free space wins, and counts what was not forwarded", async (context) => {
  const scene = new Scene({ freeBytesMin: 11 * MiB, keep: 1 }, mountTmpfs(context, 16 * MiB));
  const line = JSON.stringify("x".repeat(3 * MiB));
  scene.rotate(1, line);
  appendFileSync(scene.output, "{}\n");
  await scene.forward();
  scene.rotate(2, line);
  await scene.retention.begin();
  expect(scene.left).toEqual(["002"]);
  const bytes = [line.length + 2, line.length + 2 + 3];
  expect(scene.removals).toEqual([
    expect.objectContaining({ limit: "freeBytesMin", files: 2, unforwardedBytes: (bytes[1] ?? 0) - 3 }),
  ]);
  expect(scene.retention.counts).toEqual({
    removedFiles: 2,
    removedBytes: (bytes[0] ?? 0) + (bytes[1] ?? 0),
    removedUnforwardedBytes: (bytes[1] ?? 0) - 3,
  });
});
