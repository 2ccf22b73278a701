/** The programs in bench/go send and store lines that the lab can compare with the project's own. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPath, TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { buildGoPrograms, hasGo } from "../../src/lab/implementations/go.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import { RunningProgram } from "../support/running-program.ts";
import { runVerify } from "../support/verify-command.ts";

const run = promisify(execFile);
const LINES = 211;
const PORT = 47_211;

describe.skipIf(!hasGo())("the programs in bench/go (skipped without go: install golang-go)", () => {
  const directory = mkdtempSync(join(tmpdir(), "go-test-"));
  let programs: ReturnType<typeof buildGoPrograms>["files"];

  beforeAll(() => {
    programs = buildGoPrograms(directory).files;
  }, 120_000);

  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(TRANSPORT_NAMES)("bring every line over %s, as ipc-lab verify finds it", async (transport) => {
    const output = join(directory, `${transport}.jsonl`);
    const address = hasPath(transport) ? join(directory, transport) : `127.0.0.1:${PORT}`;
    const aggregator = new RunningProgram(programs.aggregator, [`${transport}=${address}`, "-o", output]);
    await aggregator.event("listening");
    const args = [`${transport}=${address}`, "100", "-rate", "2000", "-count", String(LINES)];
    const sent = await Promise.all(["web", "db"].map((id) => run(programs.producer, [...args, "-id", id])));
    expect(sent.map(({ stdout }) => JSON.parse(stdout).sent)).toEqual([LINES, LINES]);
    aggregator.child.kill("SIGTERM");
    const { received, stored, notStored } = await aggregator.event("closed");
    expect(notStored).toEqual({ invalid: 0 });
    expect(stored).toBe(received);
    // At its end it closes what all senders share with what waits there, as the Go original does; a connection it reads to its end.
    if (REGISTRY[transport].traits.channel === "peer") {
      expect(stored).toBe(2 * LINES);
      expect((await runVerify([output, "--expect", `lines=${2 * LINES},producers=2`])).stdout).toContain(
        "complete: all lines are here, once and in order",
      );
    }
  });
});
