import { linkSync, readdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FaultScene } from "../support/fault-scene.ts";
import { injecting, straceObstacle } from "../support/fault-tools.ts";
import { eventually } from "../support/fault-wait.ts";
import { openRawSender } from "../support/raw-sender.ts";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));

/** Long enough for a rename while a file that is to be rotated is synced, on a busy machine too. */
const SYNC_DELAY_US = 1_000_000;
const TORN = '{"edited":true}';

test("a file put in the output's place while rotation syncs is repaired, not renamed", async (context) => {
  const obstacle = straceObstacle();
  if (obstacle !== undefined) context.skip(obstacle);
  await using scene = new FaultScene(DIST);
  const under = injecting("fdatasync", `delay_enter=${SYNC_DELAY_US}:when=1`, scene.output);
  const endpoint = { transport: "unixsock", path: join(scene.directory, "s") } as const;
  // No sync but rotation's own.
  const rotating = ["--rotate-size", "1KB", "--durability", "interval=1h"];
  const aggregator = scene.launch([`unixsock=${endpoint.path}`, "-o", scene.output, ...rotating], { under });
  await aggregator.event("listening");
  const sender = openRawSender(endpoint, "stream");
  const first = `{"pad":"${"x".repeat(2000)}"}\n`;
  sender.write(first);
  await eventually(
    () => syncs(aggregator.pid, scene.output),
    () => "it doesn't sync",
  );
  const other = join(scene.directory, "other");
  writeFileSync(other, TORN);
  linkSync(scene.output, join(scene.directory, "ours"));
  renameSync(other, scene.output);
  await eventually(
    () => files(scene, "out.jsonl.torn-").length > 0,
    () => `the new file isn't repaired: ${readdirSync(scene.directory)}`,
  );
  sender.write('{"n":1}\n');
  await scene.stop(aggregator);
  expect(readFileSync(join(scene.directory, "ours"), "utf8")).toBe(first);
  expect(readFileSync(scene.output, "utf8")).toBe('{"n":1}\n');
  expect(files(scene, "out.jsonl.torn-").map((name) => readFileSync(name, "utf8"))).toEqual([TORN]);
});

function files(scene: FaultScene, prefix: string): string[] {
  return readdirSync(scene.directory)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(scene.directory, name));
}

/** Whether the main thread is in fdatasync(2) of the file: 75 on x86-64, 83 on arm64. */
function syncs(pid: number, path: string): boolean {
  const [, fd] = /^(?:75|83) 0x([0-9a-f]+) /.exec(readFileSync(`/proc/${pid}/syscall`, "utf8")) ?? [];
  return fd !== undefined && readlinkSync(`/proc/${pid}/fd/${Number.parseInt(fd, 16)}`) === path;
}
