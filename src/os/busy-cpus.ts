import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";

/** Iterations between two checks whether this process still exists. */
const ITERATIONS = 100_000;

/** Ends with its parent, should that be killed. */
const LOOP = `while kill -0 $PPID; do i=0; while [ $i -lt ${ITERATIONS} ]; do i=$((i + 1)); done; done`;

/**
 * Keeps every CPU from idling, with a loop of the lowest priority (SCHED_IDLE, sched(7)) that any other thread displaces at once:
 * an idle CPU has to wake up before it runs a thread, which takes longer than scheduling, above all in a virtual machine.
 */
export class BusyCpus implements AsyncDisposable {
  readonly #loops: readonly ChildProcess[];

  private constructor(loops: readonly ChildProcess[]) {
    this.#loops = loops;
  }

  /** @throws the system error when taskset or chrt (util-linux) is not there */
  static async start(): Promise<BusyCpus> {
    const loops = cpus().map((_, cpu) =>
      spawn("taskset", ["-c", String(cpu), "chrt", "--idle", "0", "sh", "-c", LOOP], { stdio: "ignore" }),
    );
    await Promise.all(loops.map((loop) => once(loop, "spawn")));
    return new BusyCpus(loops);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = this.#loops.filter((loop) => loop.exitCode === null && loop.signalCode === null);
    await Promise.all(
      running.map((loop) => {
        const end = once(loop, "exit");
        loop.kill("SIGKILL");
        return end;
      }),
    );
  }
}
