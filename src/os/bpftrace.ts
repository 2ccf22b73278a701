import { type ChildProcess, execFile, spawn } from "node:child_process";

/** Every script prints this once all its probes are attached: bpftrace starts polling for output only then. */
const ATTACHED = "Hit Ctrl-C to end";

/**
 * Interval at which the signal is repeated: up to bpftrace 0.18, a signal is lost when it arrives just as the 100 ms
 * poll ends. SIGTERM and not SIGINT, because a second SIGINT kills bpftrace before it prints.
 */
const SIGNAL_EVERY_MS = 1100;

/** A script with a probe on every system call takes half a minute to detach; after three times that, it hangs. */
const DETACH_MS_MAX = 90_000;

/** Attaching one probe takes a third of a second. */
const PROBE_MS_MAX = 20_000;

/**
 * Entries per map: the default of 4,096 threads is reached with some 350 producers, and others would not be counted.
 */
const MAP_KEYS_MAX = "65536";

/** The variable's name up to bpftrace 0.20, and its name since then. */
const MAP_KEYS_ENVIRONMENT = { BPFTRACE_MAP_KEYS_MAX: MAP_KEYS_MAX, BPFTRACE_MAX_MAP_KEYS: MAP_KEYS_MAX };

export interface AttachOptions {
  /** Whether bpftrace names the functions in programs' stacks, or prints addresses: bpftrace 0.17 takes a minute for the names of a second. */
  readonly hasUserSymbols?: boolean;
}

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
   * Starts a script; resolves once every event is counted.
   *
   * @param command bpftrace, by name or path
   * @param script the script's text
   * @throws Error with bpftrace's output, when it exits before the script is attached
   */
  static async attach(
    command: string,
    script: string,
    { hasUserSymbols = true }: AttachOptions = {},
  ): Promise<AttachedScript> {
    const symbols = hasUserSymbols ? {} : { BPFTRACE_NO_USER_SYMBOLS: "1" };
    const env = { ...process.env, ...MAP_KEYS_ENVIRONMENT, ...symbols };
    const child = spawn(command, ["-"], { stdio: ["pipe", "pipe", "pipe"], env });
    // A bpftrace that exits without reading says why on stderr.
    child.stdin.on("error", () => {}).end(script);
    const attached = new AttachedScript(child);
    await attached.printed(ATTACHED);
    return attached;
  }

  /** What bpftrace has written to stderr so far. */
  get warnings(): string {
    return this.#stderr;
  }

  /** What bpftrace has written to stdout so far. */
  get output(): string {
    return this.#stdout;
  }

  /**
   * Resolves when bpftrace has written a text.
   *
   * @param from where to look for it in `output`
   * @throws Error with bpftrace's output, when it ends before
   */
  async printed(text: string, from = 0): Promise<void> {
    const found = new Promise<void>((resolve) => {
      const look = (): void => {
        if (!this.#stdout.includes(text, from)) return;
        this.#child.stdout?.off("data", look);
        resolve();
      };
      this.#child.stdout?.on("data", look);
      look();
    });
    const end = this.#ended.then((status) => {
      throw new Error(`bpftrace ended with ${status} before it printed "${text}": ${this.#stderr.trim()}`);
    });
    end.catch(() => {}); // it may end later
    await Promise.race([found, end]);
  }

  /** Detaches the script and returns everything that it printed. */
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
}

/** What a brief run of bpftrace found: the pid of this process as scripts see it, or the first error that bpftrace printed. */
export type BpftraceProbe = { readonly pid: number } | { readonly error: string };

/** Attaches one probe briefly. In a container, scripts see other pids than the processes themselves. */
export function probeBpftrace(command: string): Promise<BpftraceProbe> {
  const parent = "curtask->group_leader->real_parent->tgid";
  const program = `tracepoint:syscalls:sys_enter_nanosleep { } BEGIN { printf("parent %d\\n", ${parent}); exit(); }`;
  return new Promise((resolve) => {
    execFile(command, ["-e", program], { timeout: PROBE_MS_MAX, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      const pid = /^parent (\d+)$/m.exec(stdout)?.[1];
      if (error === null && pid !== undefined) resolve({ pid: Number(pid) });
      else resolve({ error: errorIn(stderr) ?? error?.message ?? "nothing" });
    });
  });
}

/** A message about RLIMIT_MEMLOCK is ignored: kernels since 5.11 don't count BPF programs towards it. */
function errorIn(stderr: string): string | undefined {
  return stderr
    .split("\n")
    .find((line) => line !== "" && !line.includes("RLIMIT_MEMLOCK") && !line.startsWith("WARNING"));
}
