import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TransportName } from "../../../src/core/transport-name.ts";
import { REGISTRY } from "../../../src/transports/registry.ts";
import { type Journal, judge } from "../../support/fault-judge.ts";
import type { FaultProgram, Line } from "../../support/fault-program.ts";
import { type FaultBench, type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import type { Tally } from "../../support/fault-tally.ts";
import { missing } from "../../support/fault-tools.ts";

const CLIENTS = 200;
const EXIT_MS_MAX = 2000;
/** The longest write of these senders. */
const MOMENT_BYTES_MAX = 32 * 1024;
const SENDERS = fileURLToPath(new URL("../../support/python/keep_writing.py", import.meta.url));

/**
 * SIGTERM while senders write on until their kernel refuses. In every other stop some tcp senders ignore the FIN.
 */
export const stopWhileWriting: FaultRow = {
  name: "SIGTERM under senders that write on, 5 transports, 200 clients",
  unit: "stops",
  ci: 10,
  long: 500,
  chunk: 10,
  obstacle: () => missing("python3", "--version"),

  async run(rounds, bench) {
    for (let round = 0; round < rounds; round++) await stopOnce(bench, round % 2 === 0);
  },
};

/** What a client counted: whole lines that write(2) accepted, and the beginning that it accepted of one more. */
interface Client {
  readonly name: string;
  readonly accepted: number;
  readonly partial: string;
}

interface Count {
  readonly clients: readonly Client[];
  /** Bytes that write(2) accepted from all clients of a transport. */
  readonly bytes: Readonly<Record<string, number>>;
}

/** A transport's part of the ledger. */
interface Account {
  readonly transport: TransportName;
  readonly receivedBytes: number;
  readonly cutSenders: number;
  readonly cutBytes: number | null;
}

async function stopOnce({ dist, long, random, tally }: FaultBench, stubborn: boolean): Promise<void> {
  await using scene = new FaultScene(dist);
  const { aggregator, ports } = await listening(scene);
  const where = [String(aggregator.pid), scene.directory, ports.get("tcp") ?? "", ports.get("udp") ?? ""];
  const how = [CLIENTS, stubborn ? pick(random, 1, 10) : 0, pick(random, 0, 1e9)].map(String);
  let signalled = 0;
  let count: Count | undefined;
  const senders = scene.program(["python3", SENDERS, ...where, ...how], {}, (line) => {
    if (line["signalled"] === true) signalled = performance.now();
    else count = JSON.parse(JSON.stringify(line));
  });
  const { status } = await aggregator.ended;
  tally.add("stops");
  const exit = stubborn ? "exitMs" : "exitMs, all tcp senders stop when asked";
  tally.measure(exit, performance.now() - signalled, long ? EXIT_MS_MAX : undefined);
  assert.equal((await senders.ended).status, 0, senders.stderr);
  const ledger = aggregator.events.get("closed");
  assert(ledger !== undefined && count !== undefined, `${aggregator.stderr} ${senders.stderr}`);
  const stored = await judge(tally, { files: [scene.output], journals: count.clients.map(journalOf), ledger });
  checkAccounts(tally, count, ledger);
  checkCuts(tally, { stubborn: count.clients.filter(isStubborn), stored, ledger, status });
}

async function listening(
  scene: FaultScene,
): Promise<{ aggregator: FaultProgram; ports: ReadonlyMap<unknown, string> }> {
  const paths = ["unixsock", "unixgram", "fifo"].map((name) => `${name}=${join(scene.directory, name)}`);
  const ports = new Map<unknown, string>();
  const args = [...paths, "tcp=127.0.0.1:0", "udp=127.0.0.1:0", "-o", scene.output, "--log-level", "warn"];
  const aggregator = scene.launch(args, {}, ({ transport, address }) =>
    ports.set(transport, String(address).split(":").at(-1) ?? ""),
  );
  await aggregator.until(() => ports.size >= 5, "it listened on all five");
  return { aggregator, ports };
}

/**
 * All that the kernel accepted must be stored, except on udp, and from tcp senders that ignore the FIN, whose lines may
 * end early.
 */
function journalOf(client: Client): Journal {
  const { name, accepted, partial } = client;
  const sent = accepted - 1;
  if (name.startsWith("d")) return { producer: name, sent, acked: -1, lossy: true };
  if (isStubborn(client)) return { producer: name, sent: accepted, acked: -1, cut: true };
  return { producer: name, sent, acked: sent, partials: partial === "" ? [] : [partial] };
}

function isStubborn({ name }: Client): boolean {
  return name.startsWith("s");
}

/**
 * Checks to the byte that what write(2) accepted was received, or that the ledger says how much was cut off, or that it
 * can't know how much. Bytes that a sender writes in the microsecond between the count and the reset may be missing
 * from the count, but never from the classes.
 */
function checkAccounts(tally: Tally, { bytes }: Count, ledger: Line): void {
  const accounts: Account[] = JSON.parse(JSON.stringify(ledger["transports"]));
  for (const { transport, receivedBytes, cutSenders, cutBytes } of accounts) {
    if (REGISTRY[transport].traits.overload === "drops") continue;
    const taken = bytes[transport] ?? 0;
    const left = taken - receivedBytes - (cutBytes ?? 0);
    const isAccounted = left === 0 || (cutSenders > 0 && left > 0 && (cutBytes === null || left <= MOMENT_BYTES_MAX));
    const example = () =>
      `${transport}: ${taken} bytes written, ${receivedBytes} received, ${cutSenders} cut: ${cutBytes}`;
    tally.fault("misreported").check(isAccounted, example);
    tally.add("cut bytes", cutBytes ?? 0);
    tally.measure("bytes of a stop not in the count", cutBytes === null ? 0 : left);
    if (cutBytes === null) tally.add("stops whose cut bytes are unknown");
  }
}

interface Cuts {
  readonly stubborn: readonly Client[];
  readonly stored: ReadonlyMap<string, number>;
  readonly ledger: Line;
  readonly status: number | null;
}

/** Checks that senders that were cut are counted, and that the exit status shows it. */
function checkCuts(tally: Tally, { stubborn, stored, ledger, status }: Cuts): void {
  const missingLines = stubborn.reduce((sum, { name, accepted }) => sum + accepted - (stored.get(name) ?? 0), 0);
  const cut = Number(ledger["cutSenders"]);
  const lost = cut > 0 || Number(ledger["kernelDrops"]) > 0;
  tally.add("stubborn senders", stubborn.length);
  tally.add("cut senders", cut);
  const unreported = tally.fault("stops that lost lines and don't say so");
  unreported.check(missingLines === 0 || cut > 0, () => `${missingLines} lines lost, ${cut} senders cut`);
  unreported.check(status === (lost ? 3 : 0), () => `exit status ${status}, ${cut} senders cut`);
}
