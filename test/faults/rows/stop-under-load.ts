import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FaultBench, FaultRow } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { missing } from "../../support/fault-tools.ts";

const CLIENTS = 200;
const EXIT_MS_MAX = 2000;
const FLOOD = fileURLToPath(new URL("../../support/python/flood.py", import.meta.url));

/** SIGTERM while 200 clients on five transports send, half of them fresh from connect(2). */
export const stopUnderLoad: FaultRow = {
  name: "SIGTERM at full load, 5 transports, 200 clients",
  unit: "stops",
  ci: 10,
  long: 500,
  chunk: 10,
  obstacle: () => missing("python3", "--version"),

  async run(rounds, bench) {
    let lines = 0;
    let exitMsMax = 0;
    for (let round = 0; round < rounds; round++) {
      const stop = await stopOnce(bench);
      lines += stop.lines;
      exitMsMax = Math.max(exitMsMax, stop.exitMs);
    }
    assert(exitMsMax <= EXIT_MS_MAX, `it took ${exitMsMax} ms to end`);
    return { stops: rounds, lines, lost: 0, exitMsMax };
  },
};

async function stopOnce({ dist }: FaultBench): Promise<{ lines: number; exitMs: number }> {
  await using scene = new FaultScene(dist);
  const paths = ["unixsock", "unixgram", "fifo"].map((name) => `${name}=${join(scene.directory, name)}`);
  const ports = new Map<unknown, string>();
  const args = [...paths, "tcp=127.0.0.1:0", "udp=127.0.0.1:0", "-o", scene.output, "--log-level", "warn"];
  const aggregator = scene.launch(args, {}, ({ transport, address }) =>
    ports.set(transport, String(address).split(":").at(-1) ?? ""),
  );
  await aggregator.until(() => ports.size >= 5, "it listened on all five");
  const flood = [FLOOD, String(aggregator.pid), scene.directory, ports.get("tcp") ?? "", ports.get("udp") ?? ""];
  let told: { accepted: Record<string, number>; partial: number } | undefined;
  let signalled = 0;
  scene.program(["python3", ...flood, String(CLIENTS)], {}, (line) => {
    signalled = performance.now();
    told = JSON.parse(JSON.stringify(line));
  });
  await aggregator.ended;
  const exitMs = performance.now() - signalled;
  assert(told !== undefined, `the flood didn't come: ${aggregator.stderr}`);
  const ledger = aggregator.events.get("closed");
  assert.equal(ledger?.["residue"], 0, `${JSON.stringify(ledger)} ${aggregator.stderr}`);
  const lines = compare(told.accepted, told.partial, Number(ledger?.["kernelDrops"]), scene.output);
  return { lines, exitMs };
}

/** Each client's lines are there from the first to the last that the kernel took; of udp all but what the kernel counts as dropped. */
function compare(accepted: Record<string, number>, partial: number, drops: number, output: string): number {
  const stored = new Map<string, number>();
  const lines = readFileSync(output, "utf8").trimEnd().split("\n");
  let wrapped = 0;
  for (const line of lines) {
    const value: { producer?: string; seq?: number; _raw?: string } = JSON.parse(line);
    if (value.producer === undefined) {
      assert(value._raw?.startsWith("{"), `nobody's line: ${line}`);
      wrapped++;
      continue;
    }
    const next = stored.get(value.producer) ?? 0;
    if (!value.producer.startsWith("d")) assert.equal(value.seq, next, `${value.producer} is out of order`);
    stored.set(value.producer, next + 1);
  }
  assert(wrapped <= partial, `${wrapped} lines were torn, ${partial} clients stopped inside one`);
  let dropped = 0;
  for (const [client, count] of Object.entries(accepted)) {
    const missingLines = count - (stored.get(client) ?? 0);
    if (client.startsWith("d")) dropped += missingLines;
    else assert.equal(missingLines, 0, `${client}: ${missingLines} of ${count} accepted lines are lost`);
  }
  assert.equal(dropped, drops, "udp lines lost that the kernel didn't count");
  return lines.length;
}
