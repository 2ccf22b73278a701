import { linkSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FaultScene } from "../support/fault-scene.ts";
import { injecting, straceObstacle } from "../support/fault-tools.ts";
import { eventually } from "../support/fault-wait.ts";
import { openRawSender } from "../support/raw-sender.ts";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));

/** Long enough for a rename while rotation is at a call, on a busy machine too. */
const DELAY_US = 1_000_000;
const TORN = '{"edited":true}';

/** What rotation does with the old file after it has looked whether the name is still its own, and the numbers of these system calls. */
const CALLS = [
  ["syncs", "fdatasync", { x64: [75], arm64: [83] }],
  ["renames", "?rename,?renameat,?renameat2", { x64: [82, 264, 316], arm64: [38, 276] }],
] as const;

test.for(CALLS)(
  "a file put in the output's place while rotation %s is repaired, not rotated",
  async ([, call, numbers], context) => {
    const obstacle = straceObstacle();
    if (obstacle !== undefined) context.skip(obstacle);
    await using scene = new FaultScene(DIST);
    const under = injecting(call, `delay_enter=${DELAY_US}:when=1`, scene.output);
    const endpoint = { transport: "unixsock", path: join(scene.directory, "s") } as const;
    // No sync but rotation's own.
    const rotating = ["--rotate-size", "1KB", "--durability", "interval=1h"];
    const aggregator = scene.launch([`unixsock=${endpoint.path}`, "-o", scene.output, ...rotating], { under });
    await aggregator.event("listening");
    const sender = openRawSender(endpoint, "stream");
    const first = `{"pad":"${"x".repeat(2000)}"}\n`;
    sender.write(first);
    await eventually(
      () => isIn(aggregator.pid, process.arch === "arm64" ? numbers.arm64 : numbers.x64),
      () => `it isn't in ${call}`,
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
    expect(files(scene, "out.jsonl.2")).toEqual([]);
  },
);

function files(scene: FaultScene, prefix: string): string[] {
  return readdirSync(scene.directory)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(scene.directory, name));
}

/** Whether the main thread is in one of these system calls. */
function isIn(pid: number, calls: readonly number[]): boolean {
  return calls.includes(Number.parseInt(readFileSync(`/proc/${pid}/syscall`, "utf8"), 10));
}
