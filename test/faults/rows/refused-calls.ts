import assert from "node:assert/strict";
import { judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultBench, FaultRow } from "../../support/fault-row.ts";
import { FaultScene, type LaunchOptions } from "../../support/fault-scene.ts";
import { buildShim, injecting, shimmed, shimObstacle, straceObstacle } from "../../support/fault-tools.ts";

interface Fault {
  readonly call: string;
  /** For strace. If undefined, the shim makes the write short and the next one fail. */
  readonly what?: string;
}

const FAULTS: readonly Fault[] = [
  { call: "write", what: "error=ENOSPC" },
  { call: "write", what: "error=EIO" },
  { call: "write", what: "error=EINTR" },
  { call: "write", what: "error=EAGAIN" },
  { call: "write", what: "delay_enter=200000" },
  { call: "fdatasync", what: "error=EIO" },
  { call: "fdatasync", what: "delay_enter=200000" },
  { call: "write" },
];

const NTH_MAX = 8;
const AT_ONCE = 3;
/** Acknowledged lines after which a run ends. With small windows they take many calls. */
const LINES = 600;

/** The Nth system call on the output fails, is delayed, or completes partially. */
export const refusedCalls: FaultRow = {
  name: "write and fdatasync that fail, are delayed or complete partially, at the Nth call",
  unit: "combinations",
  ci: FAULTS.length * NTH_MAX,
  long: 400,
  chunk: FAULTS.length * NTH_MAX,
  obstacle: () => straceObstacle() ?? shimObstacle(),

  async run(rounds, bench) {
    let next = 0;
    const work = async (): Promise<void> => {
      for (let round = next++; round < rounds; round = next++) {
        const fault = FAULTS[round % FAULTS.length] ?? { call: "write" };
        await runWith(fault, 1 + (Math.floor(round / FAULTS.length) % NTH_MAX), bench);
      }
    };
    const works = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
    for (const outcome of works) if (outcome.status === "rejected") throw outcome.reason;
  },
};

async function runWith(fault: Fault, nth: number, { dist, tally }: FaultBench): Promise<void> {
  await using scene = new FaultScene(dist);
  const aggregator = await scene.aggregate([], launchUnder(fault, nth, scene));
  const senders = [
    scene.sender("unixsock", "u", { window: 40 }),
    scene.sender("tcp", "t", { window: 10, padBytes: 300 }),
  ];
  try {
    await Promise.all(senders.map((sender) => sender.progress(LINES)));
    await Promise.all(senders.map((sender) => sender.finish()));
    const ledger = await scene.stop(aggregator);
    const files = outputFiles(scene.output);
    const untrusted = fault.what === "error=EIO" && fault.call === "fdatasync";
    // What wasn't known to be safe is in the suspect file and in the new one.
    await judge(tally, { files, journals: senders, ledger, ...(untrusted ? { repeats: "allowed" } : {}) });
    tally.add("combinations");
    if (!untrusted) return;
    assert(files.length > 1, "no suspect file was left");
    assert.match(aggregator.stderr, /can't be synced/);
  } catch (error) {
    throw new Error(`${fault.call} ${fault.what ?? "short"} at call ${nth}: ${String(error)}`, { cause: error });
  }
}

function launchUnder({ call, what }: Fault, nth: number, scene: FaultScene): LaunchOptions {
  if (what !== undefined) return { under: injecting(call, `${what}:when=${nth}`, scene.output) };
  return { env: shimmed(buildShim(scene.directory), { call, path: scene.output, nth, act: "short" }) };
}
