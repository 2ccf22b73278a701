import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Journal, judge, outputFiles } from "../../support/fault-judge.ts";
import type { FaultProgram } from "../../support/fault-program.ts";
import { type FaultRow, pick } from "../../support/fault-row.ts";
import { FaultScene } from "../../support/fault-scene.ts";
import { claimOf } from "../../support/fault-sender.ts";
import { missing } from "../../support/fault-tools.ts";

const PYTHON = fileURLToPath(new URL("../../support/python/", import.meta.url));
/** Lines that our own producer sends, and most lines of the other sender before it is stopped or killed. */
const LINES = 1000;
/** Names before the first measurement: by then every function is compiled and the heap has its usual size. */
const NAMES_BEFORE = 5000;
const NAMES_A_ROUND = 1000;
/** A name takes 130 bytes; the rest is for garbage that hasn't been collected. */
const GROWTH_MB_MAX = 45;

/** Services with a fixed name that restart after their end or after a crash. Each run counts its lines from 0 again. */
export const restartedSenders: FaultRow = {
  name: "acknowledged senders that restart under one name, half of them killed",
  unit: "restarts",
  ci: 12,
  long: 1000,
  chunk: 50,
  obstacle: () => missing("python3", "--version"),

  async run(rounds, { dist, random, tally }) {
    await using scene = new FaultScene(dist);
    const aggregator = await scene.aggregate();
    const journals: Journal[] = [];
    for (let round = 0; round < rounds; round++) {
      const transport = round % 2 === 0 ? "unixsock" : "tcp";
      const sender = scene.sender(transport, "web-1", { window: pick(random, 1, 500) });
      const own = scene.producer(
        scene.endpoint(transport),
        "--ack",
        "--id",
        "web-1",
        "--rate",
        "max",
        "-n",
        String(LINES),
      );
      await sender.progress(pick(random, 1, LINES));
      if (random() < 0.5) sender.program.kill("SIGKILL");
      else await sender.finish();
      await sender.program.ended;
      journals.push(sender, { ...(await claimOf("web-1", own)), sent: LINES - 1, acked: LINES - 1 });
      tally.add("restarts");
    }
    const ledger = await scene.stop(aggregator);
    await judge(tally, { files: outputFiles(scene.output), journals, ledger });
  },
};

/** Hellos that are wrong, odd or hostile, beside acknowledged senders whose names the strangers know. */
export const strangeHellos: FaultRow = {
  name: "strange hellos beside acknowledged senders",
  unit: "hellos",
  ci: 500,
  long: 100_000,
  chunk: 5000,
  obstacle: () => missing("python3", "--version"),

  async run(rounds, { dist, random, tally }) {
    await using scene = new FaultScene(dist);
    const aggregator = await scene.aggregate();
    const senders = [scene.sender("unixsock", "u1", { window: 50 }), scene.sender("tcp", "t1", { window: 50 })];
    await Promise.all(senders.map((sender) => sender.progress(1)));
    const strangers = [`unix:${scene.socket}`, `127.0.0.1:${scene.port}`].map((target) =>
      scene.program([
        "python3",
        `${PYTHON}strange_hellos.py`,
        target,
        String(rounds / 2),
        String(pick(random, 0, 1e9)),
        "u1",
        "t1",
      ]),
    );
    const answers = tally.fault("wrong answers");
    for (const stranger of strangers) {
      const { hellos, wrong, example } = await stranger.event("strange");
      tally.add("hellos", Number(hellos));
      answers.addCases(Number(hellos));
      if (Number(wrong) > 0) answers.note(String(example), Number(wrong));
    }
    await Promise.all(senders.map((sender) => sender.finish()));
    const ledger = await scene.stop(aggregator);
    await judge(tally, { files: outputFiles(scene.output), journals: senders, ledger });
  },
};

/** Names of thousands of sequences, which the aggregator remembers after their connections have ended. */
export const manyNames: FaultRow = {
  name: "1,000 acknowledged sequences after 1,000, beside one that stays",
  unit: "rounds",
  ci: 20,
  long: 150,
  chunk: 150,
  obstacle: () => missing("python3", "--version"),

  async run(rounds, { dist, tally }) {
    await using scene = new FaultScene(dist);
    const aggregator = await scene.aggregate(["--durability", "none"]);
    const sender = scene.sender("unixsock", "stays", { window: 10 });
    const names = scene.program(["python3", `${PYTHON}acked_names.py`, scene.socket]);
    await named(names, NAMES_BEFORE);
    const before = rssMB(aggregator);
    for (let round = 0; round < rounds; round++) await named(names, NAMES_A_ROUND);
    tally.add("names", rounds * NAMES_A_ROUND);
    tally.measure("grownMB", rssMB(aggregator) - before, GROWTH_MB_MAX);
    await sender.finish();
    const ledger = await scene.stop(aggregator);
    await judge(tally, { files: outputFiles(scene.output), journals: [sender], ledger });
  },
};

async function named(names: FaultProgram, count: number): Promise<void> {
  names.events.delete("named");
  names.stdin?.write(`${count}\n`);
  await names.event("named");
}

function rssMB({ pid }: FaultProgram): number {
  const kb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  assert(kb > 0);
  return (kb * 1024) / 1e6;
}
