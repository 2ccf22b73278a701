import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { geteuid } from "node:process";
import type { Readable, Writable } from "node:stream";
import { isInstalled, systemText } from "../../os/machine-facts.ts";
import { keepStacks } from "../profile/keep-stacks.ts";
import { withFunctionNames } from "../profile/node-options.ts";
import { parsePerfScript } from "../profile/perf-stacks.ts";
import { perfMapPath } from "../profile/process-symbols.ts";
import { unmeasured } from "../results/measured.ts";
import type { CellPlace, Collected, Collection, Collector, Subjects } from "./collector.ts";

/** As often as the bpftrace script. The clock of the processor is there on virtual machines too. */
const RECORD = ["record", "-q", "-F", "99", "-e", "cpu-clock", "-g"];
/** It begins when it is told to, and says so: to attach to a hundred threads takes it a second on a busy machine. */
const CONTROLLED = ["-D", "-1", "--control", "fd:3,4"];
/** Of what `perf script` prints about a cell. */
const PRINTED_BYTES_MAX = 512 * 1024 * 1024;

/** Both sides' stacks while they run, by perf, where bpftrace doesn't work. perf doesn't say how long threads wait. */
export function perfProfiler(folder: string): Collector {
  return { name: "perf", isTracer: true, unavailable, start: async (place) => new PerfProfile(place, folder) };
}

async function unavailable(): Promise<string | undefined> {
  if (!isInstalled("perf")) return "perf is not installed; run: apt-get install linux-perf";
  const level = Number(systemText("/proc/sys/kernel/perf_event_paranoid"));
  if (geteuid?.() !== 0 && level > 1) {
    return `perf may not sample the kernel (kernel.perf_event_paranoid is ${level}); run as root`;
  }
  const { status, stderr } = spawnSync("perf", [...RECORD, "-o", "/dev/null", "true"], { encoding: "utf8" });
  return status === 0 ? undefined : `perf can't sample: ${stderr.trim().split("\n")[0]}`;
}

class PerfProfile implements Collection {
  readonly #place: CellPlace;
  readonly #folder: string;
  readonly #data: string;
  #subjects: Subjects = { senders: [], aggregator: 0, address: "" };
  #recording: ChildProcess | undefined;

  constructor(place: CellPlace, folder: string) {
    this.#place = place;
    this.#folder = folder;
    this.#data = join(place.directory, "profile.perf");
  }

  wrapper(): readonly string[] {
    return withFunctionNames(this.#place.directory);
  }

  async begin(subjects: Subjects): Promise<void> {
    this.#subjects = subjects;
    const pids = [...subjects.senders, subjects.aggregator].join(",");
    const words = [...RECORD, ...CONTROLLED, "-p", pids, "-o", this.#data];
    const recording = spawn("perf", words, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.#recording = recording;
    const [commands, answers] = recording.stdio.slice(3) as unknown as [Writable, Readable];
    // One that has ended is found out in result().
    commands.on("error", () => {}).write("enable\n");
    await Promise.race([once(answers, "data"), once(recording, "close")]);
  }

  async end(): Promise<void> {
    const recording = this.#recording;
    if (recording === undefined) return;
    this.#recording = undefined;
    const ended = once(recording, "close");
    // Upon SIGINT it writes what it has.
    recording.kill("SIGINT");
    await ended;
  }

  async result(): Promise<Collected> {
    const { senders, aggregator } = this.#subjects;
    const words = ["script", "-i", this.#data, "-F", "pid,tid,ip,sym"];
    const { status, stdout, stderr } = spawnSync("perf", words, { encoding: "utf8", maxBuffer: PRINTED_BYTES_MAX });
    if (status !== 0) return { stacks: unmeasured(`perf script failed: ${stderr.trim().split("\n")[0]}`) };
    const all = parsePerfScript(stdout);
    const stacks = {
      "sender-on-cpu": all.filter((stack) => senders.includes(stack.pid)),
      "aggregator-on-cpu": all.filter((stack) => stack.pid === aggregator),
    };
    return { stacks: keepStacks(this.#folder, { id: this.#place.id, by: "perf" }, stacks) };
  }

  async close(): Promise<void> {
    await this.end();
    const { senders, aggregator } = this.#subjects;
    for (const one of [...senders, aggregator]) rmSync(perfMapPath(one), { force: true });
  }
}
