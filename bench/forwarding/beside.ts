import { rmSync } from "node:fs";
import { join } from "node:path";
import { cpuSeconds, end, event, type Scene, start } from "./scene.ts";

const PRODUCERS = 4;
/** Of a producer's line, beside its message. */
const MESSAGE_BYTES = 56;

/** How an aggregator does. */
export interface Beside {
  /** Stored lines per second, from the first line to the end of its producers. */
  readonly linesPerSecond: number;
  /** Processor time of the aggregator per second. */
  readonly cores: number;
}

/**
 * Lets producers send to an aggregator over unixsock.
 *
 * @param load lines of each producer, and lines per second of all, or "max"
 */
export async function aggregate(
  scene: Scene,
  load: { readonly count: number; readonly rate: number | "max" },
  isForwarded: boolean,
): Promise<Beside> {
  await scene.newStream();
  const output = scene.newLog();
  const address = `unixsock=${join(scene.directory, "s")}`;
  const rotation = ["--rotate-size", "256MiB", "--keep-unforwarded"];
  const aggregator = start("aggregator", [
    address,
    "-o",
    output,
    "--log-level",
    "warn",
    ...(isForwarded ? rotation : []),
  ]);
  const ledger = event(aggregator, "closed");
  await event(aggregator, "listening");
  const forwarder = isForwarded ? start("forwarder", scene.forwarder(output)) : undefined;
  if (forwarder !== undefined) await event(forwarder, "connected");
  const cpu = cpuSeconds(aggregator.pid ?? 0);
  const rate = load.rate === "max" ? "max" : String(load.rate / PRODUCERS);
  const producers = Array.from({ length: PRODUCERS }, () =>
    start("producer", [address, String(MESSAGE_BYTES), "--rate", rate, "-n", String(load.count)]),
  );
  const done = await Promise.all(producers.map((producer) => event(producer, "done")));
  const seconds = Math.max(...done.map((report) => Number(report["seconds"])));
  const cores = (cpuSeconds(aggregator.pid ?? 0) - cpu) / seconds;
  await end(aggregator);
  const { stored } = await ledger;
  if (stored !== PRODUCERS * load.count) throw new Error("lines are missing");
  if (forwarder !== undefined) await end(forwarder);
  rmSync(output, { force: true });
  return { linesPerSecond: Number(stored) / seconds, cores };
}
