import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AggregatorProcess, runAggregator } from "../support/aggregator-process.ts";
import { eventually } from "../support/fault-wait.ts";
import { MemoryStream } from "../support/memory-engine.ts";
import { forwardToMemory } from "../support/memory-forwarding.ts";
import { openRawSender } from "../support/raw-sender.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { mountTmpfs } from "../support/tmpfs.ts";

const MiB = 1024 * 1024;
const OUTPUT = "aggregated_logs.jsonl";
const ROTATING = ["unixsock", "--rotate-size", "64KiB", "--rotate-keep", "2", "--rotate-compress", "gzip"];

/** An aggregator that rotates, and what was sent to it. */
class Scene {
  readonly aggregator: AggregatorProcess;
  sent = "";
  readonly #sender: ReturnType<typeof openRawSender>;

  private constructor(aggregator: AggregatorProcess) {
    this.aggregator = aggregator;
    this.#sender = openRawSender(aggregator.endpoint("unixsock"), "stream");
  }

  static async start(args: readonly string[], cwd: string): Promise<Scene> {
    return new Scene(await AggregatorProcess.start(args, { cwd }));
  }

  /** Sends lines until the output was rotated so often. */
  async rotate(count: number): Promise<void> {
    for (const until = this.#rotations + count; this.#rotations < until; ) {
      const lines = Array.from({ length: 3000 }, (_, n) => `{"n":${n},"message":"abcdefgh"}\n`).join("");
      const next = this.#rotations + 1;
      this.#sender.write(lines);
      this.sent += lines;
      await this.aggregator.until(() => this.#rotations >= next, "to rotate");
    }
  }

  get #rotations(): number {
    return this.aggregator.stderr.split("was rotated to").length - 1;
  }

  /** Names of the rotated files that are plain, and of those that are compressed. */
  get files(): { readonly plain: string[]; readonly gzip: string[] } {
    const names = readdirSync(this.aggregator.cwd).filter((name) => name.startsWith(`${OUTPUT}.2`));
    const isGzip = (name: string): boolean => /\.gz(\.part)?$/.test(name);
    return { plain: names.filter((name) => !isGzip(name)), gzip: names.filter(isGzip) };
  }
}

test("beside a forwarder nothing is removed or compressed before it is forwarded, also after a crash", async () => {
  const cwd = temporaryDirectory();
  const stream = new MemoryStream();
  writeFileSync(join(cwd, OUTPUT), "");
  await forwardToMemory(join(cwd, OUTPUT), stream);
  const first = await Scene.start([...ROTATING, "--hold", "0"], cwd);
  await first.rotate(10);
  expect(first.files).toMatchObject({ plain: { length: 10 }, gzip: [] });
  process.kill(first.aggregator.pid, "SIGKILL");
  await first.aggregator.ended;
  const second = await Scene.start([...ROTATING, "--hold", "0"], cwd);
  await second.rotate(5);
  expect(second.files).toMatchObject({ plain: { length: 15 }, gzip: [] });
  expect(await forwardToMemory(join(cwd, OUTPUT), stream)).toEqual([]);
  await eventually(
    () => second.files.plain.length === 0 && second.files.gzip.length === 2,
    () => JSON.stringify(second.files),
  );
  expect(stream.content.toString() === first.sent + second.sent).toBe(true);
  const { ledger, status } = await second.aggregator.stop();
  expect(status).toBe(0);
  expect(ledger).toMatchObject({ output: { removedFiles: 13, removedUnforwardedBytes: 0 } });
});

test("--keep-free wins: what is removed before it was forwarded is logged, counted, and ends in exit status 3", async (context) => {
  const cwd = mountTmpfs(context, 4 * MiB);
  const scene = await Scene.start(
    ["unixsock", "--rotate-size", "64KiB", "--keep-unforwarded", "--keep-free", "3MiB"],
    cwd,
  );
  await scene.rotate(30);
  const { aggregator } = scene;
  await aggregator.until(() => aggregator.stderr.includes("less free space than --keep-free"), "to remove files");
  const { ledger, status } = await aggregator.stop();
  const { removedBytes = 0, removedUnforwardedBytes } = Object(Object(ledger).output);
  expect(removedBytes).toBeGreaterThan(0);
  expect(removedUnforwardedBytes).toBe(removedBytes);
  expect(status).toBe(3);
  expect(aggregator.stderr).toContain("were not forwarded): less free space than --keep-free");
  expect(aggregator.stderr).toContain(`${removedBytes} bytes were removed before they were forwarded`);
});

test("a checkpoint that can't be read keeps everything, and says so", async () => {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, `${OUTPUT}.checkpoint`), "not a checkpoint");
  const scene = await Scene.start(ROTATING, cwd);
  await scene.rotate(4);
  expect(scene.files).toMatchObject({ plain: { length: 4 } });
  const path = join(cwd, `${OUTPUT}.checkpoint`);
  await scene.aggregator.until(
    () => scene.aggregator.stderr.includes("is damaged, or of another version"),
    "to say so",
  );
  expect(readFileSync(path, "utf8")).toBe("not a checkpoint");
  const { ledger } = await scene.aggregator.stop();
  expect(ledger).toMatchObject({ output: { removedFiles: 0 } });
});

test("with --no-keep-unforwarded limits hold as without a forwarder", async () => {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, `${OUTPUT}.checkpoint`), "not a checkpoint");
  const scene = await Scene.start(
    ["unixsock", "--rotate-size", "64KiB", "--rotate-keep", "2", "--no-keep-unforwarded"],
    cwd,
  );
  await scene.rotate(5);
  await eventually(
    () => scene.files.plain.length === 2,
    () => JSON.stringify(scene.files),
  );
});

test.each([
  [["--keep-unforwarded"], "--keep-unforwarded is about rotated files"],
  [["--hold", "1m"], "--hold is about rotated files"],
  [["--rotate-size", "1MiB", "--no-keep-unforwarded", "--hold", "1m"], "--hold is about forwarded files"],
])("%j is a usage error", async (args, message) => {
  const { status, stderr } = await runAggregator(["unixsock", ...args]);
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});
