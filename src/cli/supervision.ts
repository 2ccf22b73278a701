import { hrtime } from "node:process";
import { NotifySocket } from "../os/notify-socket.ts";

/** How often the status is reported at least; a shorter watchdog makes it more often. */
const REPORT_MS = 10_000;

/** What a service manager is told about a running command. */
export interface Supervised {
  /** What it does, in one line. */
  status(): string;
  /** Whether work that waits goes on. Called at each report: only then does the watchdog get its sign of life. */
  isProgressing(): boolean;
}

/**
 * Reports to the service manager that started this process, as sd_notify(3) and sd_watchdog_enabled(3) say: when it is
 * ready, what it does, that it isn't stuck, and that it stops. Without one, nothing happens. A message that can't be
 * sent is lost, except for the one that it is ready, which is sent again with the next report.
 */
export class Supervision {
  readonly #socket: NotifySocket | undefined;
  readonly #watchdogMs: number | undefined;
  #unsent: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param environment loses the variables, so that programs that are started don't report in our place */
  constructor(environment: NodeJS.ProcessEnv) {
    const { NOTIFY_SOCKET: name = "", WATCHDOG_USEC: usec, WATCHDOG_PID: pid = String(process.pid) } = environment;
    for (const variable of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete environment[variable];
    this.#socket = NotifySocket.at(name);
    const watchdogMs = Number(usec) / 1000;
    this.#watchdogMs = Number(pid) === process.pid && watchdogMs > 0 ? watchdogMs : undefined;
  }

  /** Says that the command is ready, and from then on how it is. Does nothing the second time. */
  ready(supervised: Supervised): void {
    if (this.#socket === undefined || this.#timer !== undefined) return;
    this.#unsent = ["READY=1"];
    this.#report(supervised);
    const periodMs = Math.min(REPORT_MS, (this.#watchdogMs ?? Number.POSITIVE_INFINITY) / 2);
    this.#timer = setInterval(() => this.#report(supervised), Math.max(1, periodMs)).unref();
  }

  /** Says that the command reads its configuration again, and when it has done so; not before it was ready. */
  reloading(reload: () => void): void {
    const socket = this.#timer === undefined ? undefined : this.#socket;
    const microseconds = hrtime.bigint() / 1000n; // CLOCK_MONOTONIC
    socket?.send(`RELOADING=1\nMONOTONIC_USEC=${microseconds}`);
    reload();
    socket?.send("READY=1");
  }

  /** Says that the command stops, and reports nothing further. */
  stopping(): void {
    clearInterval(this.#timer);
    this.#socket?.send("STOPPING=1");
  }

  #report({ status, isProgressing }: Supervised): void {
    const isAlive = isProgressing();
    const watchdog = this.#watchdogMs !== undefined && isAlive ? ["WATCHDOG=1"] : [];
    const line = status().replaceAll("\n", " ");
    if (this.#socket?.send([...this.#unsent, `STATUS=${line}`, ...watchdog].join("\n"))) this.#unsent = [];
  }
}
