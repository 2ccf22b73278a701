import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { startForwarder } from "../support/forwarder-process.ts";
import { openRawSender } from "../support/raw-sender.ts";
import type { RunningProgram } from "../support/running-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

beforeEach((context) => {
  const isThere = spawnSync("logrotate", ["--version"]).status === 0;
  if (!isThere) context.skip("logrotate is missing; run apt-get install logrotate");
});

/** A log that a program writes, logrotate, and a forwarder that follows it. */
class Scene {
  readonly directory: string = temporaryDirectory();
  readonly path: string = join(this.directory, "app.jsonl");
  readonly #config: string = join(this.directory, "logrotate.conf");
  #lines = 0;
  #fd = -1;

  /** @param directives of logrotate's configuration */
  constructor(...directives: string[]) {
    writeFileSync(this.#config, `${this.path} {\n${["rotate 20", "missingok", ...directives].join("\n")}\n}\n`);
    onTestFinished(() => {
      if (this.#fd >= 0) closeSync(this.#fd);
    });
  }

  get lines(): number {
    return this.#lines;
  }

  /** Numbered lines. */
  next(count: number): string {
    return Array.from({ length: count }, () => `{"n":${this.#lines++}}\n`).join("");
  }

  /** Opens the log by its name, as a program does at its start and upon a signal. */
  open(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = openSync(this.path, "a");
  }

  write(count: number): void {
    writeSync(this.#fd, this.next(count));
  }

  rotate(): void {
    execFileSync("logrotate", ["--force", "--state", join(this.directory, "state"), this.#config]);
  }

  follow(): RunningProgram {
    return startForwarder([this.path, "--to", "stdout", "--linger", "5ms"]);
  }
}

async function arrived(forwarder: RunningProgram, lines: number): Promise<void> {
  await forwarder.line(({ n }) => n === lines - 1);
  expect(forwarder.lines.map(({ n }) => n)).toEqual(Array.from({ length: lines }, (_, n) => n));
}

test("a program that goes on writing to the renamed file for a while loses no line", async () => {
  const scene = new Scene("create");
  scene.open();
  scene.write(10);
  const forwarder = scene.follow();
  for (let rotation = 0; rotation < 3; rotation++) {
    await arrived(forwarder, scene.lines);
    scene.write(200);
    scene.rotate();
    scene.write(100);
    scene.open();
    scene.write(10);
  }
  await arrived(forwarder, scene.lines);
});

test("several rotations between two looks are followed in order", async () => {
  const scene = new Scene("create");
  scene.open();
  for (let rotation = 0; rotation < 5; rotation++) {
    scene.write(100);
    scene.rotate();
    scene.open();
  }
  scene.write(1);
  await arrived(scene.follow(), scene.lines);
});

test("copytruncate, between two lines, loses and doubles nothing", async () => {
  const scene = new Scene("copytruncate");
  scene.open();
  const forwarder = scene.follow();
  for (let rotation = 0; rotation < 6; rotation++) {
    scene.write(500);
    // Every other time the forwarder has yet to read what is copied and truncated.
    if (rotation % 2 === 0) await arrived(forwarder, scene.lines);
    scene.rotate();
    scene.write(rotation % 3 === 0 ? 700 : 3);
  }
  await arrived(forwarder, scene.lines);
  expect(readdirSync(scene.directory)).toContain("app.jsonl.6");
});

test("beside an aggregator that gets SIGHUP every line arrives once", async () => {
  const scene = new Scene("nocreate");
  const aggregator = await AggregatorProcess.start(["unixsock", "-o", scene.path], { cwd: scene.directory });
  const sender = openRawSender(aggregator.endpoint("unixsock"), "stream");
  const forwarder = scene.follow();
  for (let rotation = 0; rotation < 4; rotation++) {
    sender.write(scene.next(2000));
    await arrived(forwarder, scene.lines);
    sender.write(scene.next(100));
    scene.rotate();
    sender.write(scene.next(100));
    process.kill(aggregator.pid, "SIGHUP");
  }
  await arrived(forwarder, scene.lines);
  expect((await aggregator.stop()).status).toBe(0);
});
