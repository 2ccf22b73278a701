import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Journal, judge } from "../../support/fault-judge.ts";
import type { FaultBench, FaultRow } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import type { Tally } from "../../support/fault-tally.ts";
import { missing } from "../../support/fault-tools.ts";

const CLIENTS = 200;
const EXIT_MS_MAX = 2000;
const FLOOD = fileURLToPath(new URL("../../support/python/flood.py", import.meta.url));

/** SIGTERM while 200 clients on five transports send, half of which have only just connected. */
export const stopUnderLoad: FaultRow = {
  name: "SIGTERM at full load, 5 transports, 200 clients",
  unit: "stops",
  ci: 10,
  long: 500,
  chunk: 10,
  obstacle: () => missing("python3", "--version"),

  async run(rounds, bench) {
    for (let round = 0; round < rounds; round++) await stopOnce(bench);
  },
};

interface Client {
  readonly name: string;
  /** Whole lines that the kernel accepted. `partial` is the beginning that it accepted of one more. */
  readonly accepted: number;
  readonly partial: string;
}

async function stopOnce({ dist, long, tally }: FaultBench): Promise<void> {
  await using scene = new FaultScene(dist);
  const paths = ["unixsock", "unixgram", "fifo"].map((name) => `${name}=${join(scene.directory, name)}`);
  const ports = new Map<unknown, string>();
  // A small buffer, so that udp datagrams are dropped, and have to be counted.
  const inet = ["tcp=127.0.0.1:0", "udp=127.0.0.1:0", "--receive-buffer", "32KiB"];
  const args = [...paths, ...inet, "-o", scene.output, "--log-level", "warn"];
  const aggregator = scene.launch(args, {}, ({ transport, address }) =>
    ports.set(transport, String(address).split(":").at(-1) ?? ""),
  );
  await aggregator.until(() => ports.size >= 5, "it listened on all five");
  const flood = [FLOOD, String(aggregator.pid), scene.directory, ports.get("tcp") ?? "", ports.get("udp") ?? ""];
  let clients: readonly Client[] | undefined;
  let signalled = 0;
  scene.program(["python3", ...flood, String(CLIENTS)], {}, (line) => {
    signalled = performance.now();
    ({ clients } = JSON.parse(JSON.stringify(line)));
  });
  await aggregator.ended;
  tally.add("stops");
  tally.measure("exitMs", performance.now() - signalled, long ? EXIT_MS_MAX : undefined);
  assert(clients !== undefined, `the flood didn't come: ${aggregator.stderr}`);
  const ledger = aggregator.events.get("closed");
  assert(ledger !== undefined, `no ledger: ${aggregator.stderr}`);
  const journals = clients.map(journalOf);
  const stored = await judge(tally, { files: [scene.output], journals, ledger });
  const arrived = clients.filter(isUdp).reduce((sum, { name }) => sum + (stored.get(name) ?? 0), 0);
  const sent = clients.filter(isUdp).reduce((sum, { accepted }) => sum + accepted, 0);
  checkDrops(tally, { sent, arrived, dropped: Number(ledger["kernelDrops"]) });
}

/** All that the kernel accepted must be stored, except on udp, where the kernel may drop datagrams and counts them. */
function journalOf(client: Client): Journal {
  const { name, accepted, partial } = client;
  if (isUdp(client)) return { producer: name, sent: accepted - 1, acked: -1, lossy: true };
  return { producer: name, sent: accepted - 1, acked: accepted - 1, partials: partial === "" ? [] : [partial] };
}

function isUdp({ name }: Client): boolean {
  return name.startsWith("d");
}

/** Lines of all udp clients. */
interface UdpLines {
  readonly sent: number;
  readonly arrived: number;
  /** According to the ledger. */
  readonly dropped: number;
}

/** As many udp lines must be missing as the kernel counts as dropped. */
function checkDrops(tally: Tally, { sent, arrived, dropped }: UdpLines): void {
  const unaccounted = tally.fault("udp drops unaccounted");
  unaccounted.addCases(sent);
  tally.add("udp dropped", sent - arrived);
  const gap = Math.abs(sent - arrived - dropped);
  if (gap > 0) unaccounted.note(`${sent - arrived} of ${sent} are missing, the ledger says ${dropped}`, gap);
}
