import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { eventually } from "../support/fault-wait.ts";
import { runForwarder, startForwarder } from "../support/forwarder-process.ts";
import { NatsServer, WITHOUT_NATS } from "../support/nats-server.ts";
import { openRawSender } from "../support/raw-sender.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { mountTmpfs } from "../support/tmpfs.ts";

const MiB = 1024 * 1024;
const OUTPUT = "aggregated_logs.jsonl";

beforeEach((context) => {
  if (WITHOUT_NATS !== undefined) context.skip(WITHOUT_NATS);
});

/** An aggregator that rotates, and what was sent to it. */
class Scene {
  readonly aggregator: AggregatorProcess;
  readonly path: string;
  sent = "";
  #lines = 0;
  readonly #sender: ReturnType<typeof openRawSender>;

  private constructor(aggregator: AggregatorProcess) {
    this.aggregator = aggregator;
    this.path = join(aggregator.cwd, OUTPUT);
    this.#sender = openRawSender(aggregator.endpoint("unixsock"), "stream");
  }

  static async start(cwd: string, ...args: string[]): Promise<Scene> {
    return new Scene(await AggregatorProcess.start(["unixsock", "--rotate-size", "8KiB", ...args], { cwd }));
  }

  /** Sends a file's worth of lines, so many times, and waits for each rotation. */
  async rotate(count: number): Promise<void> {
    for (let rotation = 0; rotation < count; rotation++) {
      const before = this.#rotations;
      const line = (_: unknown, n: number): string => `{"n":${this.#lines + n},"message":"${"x".repeat(n % 60)}"}\n`;
      const lines = Array.from({ length: 250 }, line).join("");
      this.#lines += 250;
      this.sent += lines;
      this.#sender.write(lines);
      await this.aggregator.until(() => this.#rotations > before, "to rotate");
    }
  }

  get #rotations(): number {
    return this.aggregator.stderr.split("was rotated to").length - 1;
  }

  get rotated(): number {
    return readdirSync(this.aggregator.cwd).filter((name) => name.startsWith(`${OUTPUT}.2`)).length;
  }
}

function forwardTo(server: NatsServer, path: string, ...more: string[]): string[] {
  return [path, "--to", server.url, "--stream", "LOGS", "--host", "h", "--linger", "5ms", ...more];
}

test("200 rotations while the engine is down keep everything, kill -9 or not, and then everything arrives", async () => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const limits = ["--rotate-keep", "3", "--hold", "0"];
  const first = await Scene.start(temporaryDirectory(), ...limits);
  await first.rotate(2);
  expect(await runForwarder(forwardTo(server, first.path, "--once"))).toMatchObject({ status: 0 });
  const forwarder = startForwarder(forwardTo(server, first.path));
  await forwarder.event("connected");
  await server.kill();
  await first.rotate(100);
  process.kill(first.aggregator.pid, "SIGKILL");
  await first.aggregator.ended;
  forwarder.child.kill("SIGKILL");
  await forwarder.ended;
  const second = await Scene.start(first.aggregator.cwd, ...limits);
  const again = startForwarder(forwardTo(server, first.path));
  await second.rotate(100);
  expect(second.rotated).toBeGreaterThanOrEqual(200);
  await server.start();
  await again.event("connected");
  await eventually(
    () => second.rotated === 3,
    () => `${second.rotated} rotated files are left`,
  );
  again.child.kill("SIGTERM");
  expect(await again.ended).toBe(0);
  expect((await server.content("LOGS")) === first.sent + second.sent).toBe(true);
  const { ledger, status } = await second.aggregator.stop();
  expect(status).toBe(0);
  expect(ledger).toMatchObject({ output: { removedUnforwardedBytes: 0 } });
});

test("--keep-free removes the oldest files first, and what arrives is all but the bytes that it counts", async (context) => {
  const server = await NatsServer.start();
  await server.createStream("LOGS");
  const scene = await Scene.start(mountTmpfs(context, 4 * MiB), "--keep-free", "3500KiB");
  expect(await runForwarder(forwardTo(server, scene.path, "--once"))).toMatchObject({ status: 0 });
  await scene.rotate(60);
  await scene.aggregator.until(() => scene.aggregator.stderr.includes("were not forwarded)"), "to remove files");
  const { ledger, status } = await scene.aggregator.stop();
  expect(status).toBe(3);
  const { removedUnforwardedBytes } = Object(Object(ledger).output);
  const ended = await runForwarder(forwardTo(server, scene.path, "--once"));
  expect(ended.stderr).toContain("is gone");
  expect(ended.status).toBe(3);
  expect((await server.content("LOGS")) === scene.sent.slice(removedUnforwardedBytes)).toBe(true);
});
