import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FaultScene } from "../support/fault-scene.ts";
import { injecting, straceObstacle } from "../support/fault-tools.ts";
import { openRawSender } from "../support/raw-sender.ts";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const FAILED_SYNCS = 11;

test("under interval the ledger counts what a failed sync leaves unsafe as suspect, and never as durable", async (context) => {
  const obstacle = straceObstacle();
  if (obstacle !== undefined) context.skip(obstacle);
  await using scene = new FaultScene(DIST);
  const under = injecting("fdatasync", "error=EIO", scene.output);
  const endpoint = { transport: "unixsock", path: join(scene.directory, "s") } as const;
  const args = [`unixsock=${endpoint.path}`, "-o", scene.output, "--durability", "interval=10ms"];
  const aggregator = scene.launch(args, { under });
  await aggregator.event("listening");
  const sender = openRawSender(endpoint, "stream");
  for (let failed = 0; failed < FAILED_SYNCS; failed++) {
    sender.write(`{"failed":${failed}}\n`);
    await aggregator.until(() => aggregator.stderr.split("can't be synced").length > failed + 1, "a sync failed");
  }
  const { output } = await scene.stop(aggregator);
  const suspects = readdirSync(scene.directory).filter((name) => name.includes(".suspect-"));
  expect(suspects).toHaveLength(FAILED_SYNCS);
  const bytesSuspect = suspects.reduce((sum, name) => sum + statSync(join(scene.directory, name)).size, 0);
  expect(output).toMatchObject({ bytesWritten: bytesSuspect, bytesDurable: 0, bytesSuspect });
  expect(aggregator.stderr).not.toContain("none lost");
  expect(aggregator.stderr).toContain(`${bytesSuspect} bytes of them are in files that couldn't be synced`);
});
