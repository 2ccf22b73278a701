import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const root = process.geteuid?.() === 0;
/** Root needs only a mount namespace; other users may mount in a user namespace of their own. */
const UNSHARE: readonly string[] = root ? ["unshare", "-m"] : ["unshare", "-Urm"];
const NSENTER: readonly string[] = root ? ["nsenter", "-m"] : ["nsenter", "-U", "-m", "--preserve-credentials"];

/** Why no small file system can be mounted here. */
export function tmpfsObstacle(): string | undefined {
  const [command = "", ...args] = UNSHARE;
  const { error, status, stderr } = spawnSync(command, [...args, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], {
    encoding: "utf8",
  });
  if (error !== undefined) return `unshare isn't there (${error.message})`;
  return status === 0 ? undefined : `no tmpfs can be mounted in a namespace: ${stderr.trim()}`;
}

/**
 * A small file system in a mount namespace of its own. It goes with the process that keeps the namespace, so nothing is
 * left behind.
 */
export class FaultTmpfs implements AsyncDisposable {
  /** Its path for programs under `enter`. */
  readonly inside: string;
  /** Its path for this process. */
  readonly outside: string;
  readonly enter: readonly string[];
  readonly #end: () => Promise<unknown>;

  private constructor(directory: string, pid: number, end: () => Promise<unknown>) {
    this.inside = directory;
    this.outside = join(`/proc/${pid}/root`, directory);
    this.enter = [...NSENTER, "-t", String(pid), "--"];
    this.#end = end;
  }

  /** @param parent an existing directory in which the mount point is made */
  static async mount(parent: string, bytes: number): Promise<FaultTmpfs> {
    const directory = join(parent, "small");
    mkdirSync(directory);
    const [command = "", ...args] = UNSHARE;
    const script = 'mount -t tmpfs -o "size=$2" tmpfs "$1" && echo mounted && exec cat';
    const holder = spawn(command, [...args, "sh", "-c", script, "sh", directory, String(bytes)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const closed = once(holder, "close");
    await Promise.race([once(holder.stdout, "data"), closed.then(() => Promise.reject(new Error("no tmpfs")))]);
    return new FaultTmpfs(directory, holder.pid ?? 0, () => {
      holder.stdin.end();
      return closed;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}
