import { TRANSPORT_NAMES, type TransportName } from "../../../src/core/transport-name.ts";
import { bytesInPipe } from "../../../src/os/pipe.ts";
import { waitingConnections, waitingMessages } from "../../../src/os/waiting-input.ts";
import { type Journal, judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram, Line } from "../../support/fault-program.ts";
import type { FaultRow } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import type { FedProducer } from "../../support/fault-sender.ts";
import type { Tally } from "../../support/fault-tally.ts";
import { eventually } from "../../support/fault-wait.ts";
import { PassedSockets } from "../../support/passed-sockets.ts";

/** Lines per second of each of the two producers on each transport. */
const RATE = { short: 200, long: 800 };

/**
 * An aggregator that is restarted again and again on sockets that this process keeps open, as systemd does. Nothing is
 * lost, except datagrams on udp, if the kernel counts them as dropped.
 */
export const inheritedRestarts: FaultRow = {
  name: "inherited sockets: restarts under 10 senders, on all transports",
  unit: "restarts",
  ci: 20,
  long: 120,
  chunk: 60,
  obstacle: () => undefined,

  async run(rounds, { dist, long, tally }) {
    await using scene = new FaultScene(dist);
    using sockets = new PassedSockets(scene.directory);
    const rate = long ? RATE.long : RATE.short;
    let run = await start(scene, sockets);
    const producers = TRANSPORT_NAMES.flatMap((transport) =>
      [0, 1].map((i) => scene.fedProducer(`${transport}-${i}`, rate, [sockets.endpoint(transport), "--wait", "60s"])),
    );
    const ledgers: Line[] = [];
    for (let round = 0; round < rounds; round++) {
      await lineArrivedOnEach(run.aggregator);
      ledgers.push(await scene.stop(run.aggregator));
      run = await start(scene, sockets);
      tally.add("restarts");
    }
    const journals = await Promise.all(producers.map(journalOf));
    await eventually(
      () => isEmpty(sockets),
      () => "something waits in the queues although an aggregator runs",
    );
    ledgers.push(await scene.stop(run.aggregator));
    const stored = await judge(tally, { files: outputFiles(scene.output), journals });
    const total = [...stored.values()].reduce((sum, lines) => sum + lines, 0);
    const counted = ledgers.reduce((sum, ledger) => sum + Number(ledger["stored"]), 0);
    tally
      .fault("ledgers wrong")
      .check(total === counted, () => `${total} lines are stored, the ledgers say ${counted}`);
    countLeft(tally, ledgers);
    const missing = journals.reduce((sum, { producer, sent, lossy }) => {
      return lossy ? sum + sent + 1 - (stored.get(producer) ?? 0) : sum;
    }, 0);
    const drops = run.earlierDrops + Number(ledgers.at(-1)?.["kernelDrops"]);
    tally.add("udp dropped", missing);
    tally
      .fault("udp drops unaccounted")
      .check(missing === drops, () => `${missing} datagrams are missing, the kernel counts ${drops}`);
  },
};

interface Run {
  readonly aggregator: FaultProgram;
  /** Datagrams that the udp socket had dropped before. */
  readonly earlierDrops: number;
}

/** Starts an aggregator on all sockets, and waits until it listens on each. */
async function start(scene: FaultScene, sockets: PassedSockets): Promise<Run> {
  let listening = 0;
  let earlierDrops = 0;
  const args = ["-o", scene.output, "--log-level", "error"];
  const aggregator = scene.launch(args, { passed: sockets.descriptors }, (line) => {
    if (line["event"] !== "listening") return;
    listening++;
    if (line["transport"] === "udp") earlierDrops = Number(line["earlierDrops"]);
  });
  await aggregator.until(() => listening === sockets.all.size, "it listened");
  return { aggregator, earlierDrops };
}

/** An answer takes a millisecond at least, so a transport that has no line by then gets none. */
const LEDGERS_MAX = 10_000;

/** Asks for the ledger until it has a line of every transport. @throws Error naming those that get none */
async function lineArrivedOnEach(aggregator: FaultProgram): Promise<void> {
  let silent: string[] = [];
  for (let asked = 0; asked < LEDGERS_MAX; asked++) {
    aggregator.events.delete("stats");
    aggregator.kill("SIGUSR2");
    const transports = transportsOf(await aggregator.event("stats"));
    silent = transports.flatMap(({ transport, received }) => (received > 0 ? [] : [transport]));
    if (silent.length === 0) return;
  }
  throw new Error(`no line arrives on ${silent}`);
}

interface TransportAccount {
  readonly transport: TransportName;
  readonly received: number;
  readonly leftInQueue?: { readonly unit: string; readonly count: number | null };
}

function transportsOf(ledger: Line): readonly TransportAccount[] {
  return ledger["transports"] as readonly TransportAccount[];
}

async function journalOf(producer: FedProducer): Promise<Journal> {
  const journal = await producer.finish();
  if (!journal.producer.startsWith("udp")) return journal;
  return { producer: journal.producer, sent: journal.sent, acked: -1, lossy: true };
}

/** Whether nothing waits in the kernel for the aggregator to read. */
function isEmpty(sockets: PassedSockets): boolean {
  return [...sockets.all].every(([transport, { fd }]) => {
    if (transport === "fifo") return bytesInPipe(fd) === 0;
    return (transport === "unixsock" || transport === "tcp" ? waitingConnections(fd) : waitingMessages(fd)) === 0;
  });
}

/** Adds up what the stops left in the queues. */
function countLeft(tally: Tally, ledgers: readonly Line[]): void {
  for (const { transport, leftInQueue } of ledgers.flatMap(transportsOf)) {
    const { unit = "", count = 0 } = leftInQueue ?? {};
    tally.add(count === null ? `stops with ${unit} left (${transport})` : `${unit} left (${transport})`, count ?? 1);
  }
}
