import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FaultScene } from "../support/fault-scene.ts";
import { FaultTmpfs, tmpfsObstacle } from "../support/fault-tmpfs.ts";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));

test("SIGUSR2 sent upon listening prints the ledger, with the fields that it has at the end", async () => {
  await using scene = new FaultScene(DIST);
  const aggregator = scene.launch([`unixsock=${scene.socket}`, "-o", scene.output]);
  await aggregator.event("listening");
  aggregator.kill("SIGUSR2");
  const stats = await aggregator.event("stats");
  expect(stats).toMatchObject({
    received: 0,
    residue: 0,
    output: { bytesWritten: 0, pausedSeconds: 0, stalled: null },
  });
  const closed = await scene.stop(aggregator);
  expect(Object.keys(stats)).toEqual(Object.keys(closed));
});

test("SIGHUP sent upon the first of several listening events is survived", async () => {
  await using scene = new FaultScene(DIST);
  const endpoints = [`unixsock=${scene.socket}`, "tcp=127.0.0.1:0", "udp=127.0.0.1:0"];
  const aggregator = scene.launch([...endpoints, "-o", scene.output], {}, ({ event }) => {
    if (event === "listening") aggregator.kill("SIGHUP");
  });
  await aggregator.until(() => aggregator.events.get("listening")?.["transport"] === "udp", "it listened on all");
  expect(await scene.stop(aggregator)).toMatchObject({ received: 0, residue: 0 });
});

test("--stats-interval prints the ledger again and again", async () => {
  await using scene = new FaultScene(DIST);
  const seconds: number[] = [];
  const args = [`unixsock=${scene.socket}`, "-o", scene.output, "--stats-interval", "20ms"];
  const aggregator = scene.launch(args, {}, (line) => {
    if (line["event"] === "stats") seconds.push(Number(line["seconds"]));
  });
  await aggregator.until(() => seconds.length >= 5, "five times");
  expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
  await scene.stop(aggregator);
});

test("--on-full exit ends with an error that says why, and counts what wasn't written", async (context) => {
  const obstacle = tmpfsObstacle();
  if (obstacle !== undefined) context.skip(obstacle);
  await using scene = new FaultScene(DIST);
  await using disk = await FaultTmpfs.mount(scene.directory, 1024 * 1024);
  const args = [`unixsock=${scene.socket}`, "-o", join(disk.inside, "out.jsonl"), "--on-full", "exit"];
  const aggregator = scene.launch(args, { under: disk.enter });
  await aggregator.event("listening");
  scene.producer(`unixsock=${scene.socket}`, "--rate", "max", "-n", "20000");
  expect((await aggregator.ended).status).toBe(1);
  expect(aggregator.stderr).toContain("OUTPUT_REFUSED");
  expect(aggregator.stderr).toContain("refuses lines (ENOSPC), and --on-full is exit");
  const closed: { received: number; stored: number; notStored: { unwritten: number } } = JSON.parse(
    JSON.stringify(await aggregator.event("closed")),
  );
  expect(closed).toMatchObject({ residue: 0, output: { stalled: "ENOSPC" } });
  expect(closed.notStored.unwritten).toBeGreaterThan(0);
  expect(closed.stored + closed.notStored.unwritten).toBe(closed.received);
});
