/**
 * How long an honest sender's lines wait beside four that send as fast as they can: 100 lines/s for 2 s, from the send
 * until the aggregator has read them (`_trusted.received`, whole milliseconds).
 * npx tsx bench/fairness.ts [TRANSPORT...]
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAggregator } from "../src/aggregator/create-aggregator.ts";
import { isPathEndpoint } from "../src/core/endpoint.ts";
import { hasPath, isTransportName, TRANSPORT_NAMES, type TransportName } from "../src/core/transport-name.ts";
import { buildNativeTools } from "./rig/native-tools.ts";

const HONEST_LINES = 200;
const HONEST_BYTES = 100;
const FLOOD_BYTES = 200;
const SECONDS = 3;

const directory = mkdtempSync(join(tmpdir(), "fairness-"));
const { loadGenerator: generator } = buildNativeTools(directory);
/** The honest sender's records among longer ones. */
const HONEST = `^.{${HONEST_BYTES - 2}},"_trusted"`;

/** Waits of the honest sender's lines, milliseconds. */
async function waits(transport: TransportName, floods: number): Promise<number[]> {
  const output = join(directory, "out.jsonl");
  const address = hasPath(transport) ? join(directory, "s") : "127.0.0.1:0";
  const senders = { trustedFields: true };
  const aggregator = await createAggregator({ listen: [`${transport}=${address}`], output, senders });
  const [endpoint] = aggregator.endpoints;
  if (endpoint === undefined) throw new Error("it listens nowhere");
  const to = isPathEndpoint(endpoint) ? endpoint.path : String(endpoint.port);
  const send = (...load: readonly number[]): ChildProcess =>
    spawn(generator, [transport, to, ...load.map(String)], { stdio: "ignore" });
  const flood = floods === 0 ? undefined : send(floods, 100_000_000, FLOOD_BYTES, 16, 0, SECONDS);
  await once(send(1, HONEST_LINES, HONEST_BYTES, 1, 100, SECONDS), "close");
  if (flood?.exitCode === null) await once(flood, "close");
  await aggregator.close();
  const epochNs = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  const found: number[] = [];
  const records = execFileSync("grep", ["-aE", HONEST, output], { encoding: "latin1", env: { LC_ALL: "C" } });
  for (const line of records.trimEnd().split("\n")) {
    const { t, received } = /"t":(?<t>\d+).*"received":"(?<received>[^"]+)"/.exec(line)?.groups ?? {};
    const sentNs = BigInt(t ?? 0) - 1_000_000_000_000_000_000n + epochNs;
    found.push(Date.parse(received ?? "") - Number(sentNs / 1_000_000n));
  }
  rmSync(output);
  return found.sort((a, b) => a - b);
}

const named = process.argv.slice(2).filter(isTransportName);
for (const transport of named.length > 0 ? named : TRANSPORT_NAMES) {
  for (const floods of [0, 4]) {
    const found = await waits(transport, floods);
    const at = (share: number): number => Math.max(0, found[Math.floor(share * (found.length - 1))] ?? Number.NaN);
    const lines = `${found.length} of ${HONEST_LINES} lines`;
    process.stdout.write(`${transport} beside ${floods} floods: ${lines}, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms\n`);
  }
}
rmSync(directory, { recursive: true });
