import { chmodSync, chownSync } from "node:fs";
import { expect, test } from "vitest";
import { AGGREGATOR } from "../support/aggregator-process.ts";
import { FaultProgram } from "../support/fault-program.ts";
import { asUser, NOBODY, needRoot } from "../support/other-user.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// Some kernels refuse socket filters, by which a stop is made exact, to all users but root.
test("a stop by a user without rights ends in order, whatever the kernel refuses to that user", async (context) => {
  needRoot(context);
  const directory = temporaryDirectory();
  chownSync(directory, NOBODY, NOBODY);
  chmodSync(directory, 0o700);
  const command = asUser(NOBODY, process.execPath, AGGREGATOR, "tcp=127.0.0.1:0", "-o", `${directory}/out.jsonl`);
  await using aggregator = new FaultProgram(command, { cwd: "/" });
  await aggregator.until(() => aggregator.events.has("listening"), "listening");
  aggregator.kill("SIGTERM");
  expect(await aggregator.ended).toEqual({ status: 0, signal: null });
  expect(aggregator.events.get("closed")).toMatchObject({ received: 0, residue: 0 });
});
