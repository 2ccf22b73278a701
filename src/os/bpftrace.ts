import { type ChildProcess, execFile, spawn } from "node:child_process";

/** Every script prints this once all its probes are attached: bpftrace polls for output only from then on. */
const ATTACHED = "Hit Ctrl-C to end";

/**
 * A repeat of the signal, because up to bpftrace 0.18 it is lost when it comes just as its 100 ms poll ends. SIGTERM and
 * not SIGINT, whose second one kills it before it prints.
 */
const SIGNAL_EVERY_MS = 1100;

/** A script with a probe on every system call takes half a minute to detach; three times that is a hang. */
const DETACH_MS_MAX = 90_000;

/** The one probe takes a third of a second. */
const PROBE_MS_MAX = 20_000;

/** Entries per map: its default of 4,096 threads is full at some 350 producers, and more would not be counted. */
const MAP_KEYS_MAX = "65536";

/** The variable's name up to bpftrace 0.20, and since. */
const MAP_KEYS_ENVIRONMENT = { BPFTRACE_MAP_KEYS_MAX: MAP_KEYS_MAX, BPFTRACE_MAX_MAP_KEYS: MAP_KEYS_MAX };

/** A bpftrace script attached to the running kernel. */
export class AttachedScript implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #stdout = "";
  #stderr = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.#ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
  }

  /**
   * Starts a script; resolves once every event counts.
   *
   * @param command bpftrace, by name or path
   * @throws Error with what bpftrace printed, when it ends before it is attached
   */
  static async attach(command: string, script: string): Promise<AttachedScript> {
    const env = { ...process.env, ...MAP_KEYS_ENVIRONMENT };
    const attached = new AttachedScript(spawn(command, [script], { stdio: ["ignore", "pipe", "pipe"], env }));
    await attached.#ready(script);
    return attached;
  }

  /** What bpftrace wrote to stderr so far: warnings. */
  get warnings(): string {
    return this.#stderr;
  }

  /** Detaches the script, and returns all that it printed. */
  async stop(): Promise<string> {
    const timer = setInterval(() => this.#child.kill("SIGTERM"), SIGNAL_EVERY_MS);
    const limit = setTimeout(() => this.#child.kill("SIGKILL"), DETACH_MS_MAX);
    this.#child.kill("SIGTERM");
    try {
      const status = await this.#ended;
      if (status !== 0) throw new Error(`bpftrace ended with ${status ?? "SIGKILL"}: ${this.#stderr.trim()}`);
      return this.#stdout;
    } finally {
      clearInterval(timer);
      clearTimeout(limit);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async #ready(script: string): Promise<void> {
    const marker = new Promise<void>((resolve) => {
      this.#child.stdout?.on("data", () => {
        if (this.#stdout.includes(ATTACHED)) resolve();
      });
    });
    const end = this.#ended.then((status) => {
      throw new Error(`bpftrace ended with ${status} before ${script} was attached: ${this.#stderr.trim()}`);
    });
    await Promise.race([marker, end]);
    end.catch(() => {});
  }
}

/** Attaches one probe for a moment. Returns undefined when that works, else the first line of what bpftrace said. */
export function probeBpftrace(command: string): Promise<string | undefined> {
  const program = 'tracepoint:syscalls:sys_enter_nanosleep { } BEGIN { printf("ok\\n"); exit(); }';
  return new Promise((resolve) => {
    execFile(command, ["-e", program], { timeout: PROBE_MS_MAX, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      if (error === null && /^ok$/m.test(stdout)) resolve(undefined);
      else resolve(errorIn(stderr) ?? error?.message ?? "nothing");
    });
  });
}

/** Its complaint about RLIMIT_MEMLOCK is no obstacle: kernels since 5.11 don't count programs there. */
function errorIn(stderr: string): string | undefined {
  return stderr
    .split("\n")
    .find((line) => line !== "" && !line.includes("RLIMIT_MEMLOCK") && !line.startsWith("WARNING"));
}
