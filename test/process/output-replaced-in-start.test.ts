import { readdirSync, readFileSync, readlinkSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FaultScene } from "../support/fault-scene.ts";
import { injecting, straceObstacle } from "../support/fault-tools.ts";
import { openRawSender } from "../support/raw-sender.ts";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));

/** Long enough for a rename between a file's opening and its lock, on a busy machine too. */
const LOCK_DELAY_US = 1_000_000;

test("an output that loses its name between opening and lock is left alone, and the name is opened again", async (context) => {
  const obstacle = straceObstacle();
  if (obstacle !== undefined) context.skip(obstacle);
  await using scene = new FaultScene(DIST);
  const under = injecting("flock", `delay_enter=${LOCK_DELAY_US}:when=1`, scene.output);
  const endpoint = { transport: "unixsock", path: join(scene.directory, "s") } as const;
  const aggregator = scene.launch([`unixsock=${endpoint.path}`, "-o", scene.output], { under });
  while (!opens(aggregator.pid, scene.output)) await new Promise(setImmediate);
  renameSync(scene.output, join(scene.directory, "rotated"));
  await aggregator.event("listening");
  openRawSender(endpoint, "stream").write('{"n":1}\n');
  await scene.stop(aggregator);
  expect(readFileSync(scene.output, "utf8")).toBe('{"n":1}\n');
  expect(readFileSync(join(scene.directory, "rotated"), "utf8")).toBe("");
  expect(aggregator.stderr).not.toContain("renamed or removed");
});

/** Whether the process has a file open. */
function opens(pid: number, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path);
  } catch {
    return false; // a descriptor, or the process, was gone before it was looked at
  }
}
