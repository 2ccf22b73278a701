import { spawn } from "node:child_process";
import { projectFile } from "./project-file.ts";

export interface Launch {
  /** As a user types it: `unixsock=/tmp/log.sock`. */
  readonly endpoint: string;
  readonly producers: number;
  /** Bytes of each message. */
  readonly size: number;
}

/**
 * Runs scripts/launch-producers.sh and waits for all its producers. `stop` ends them early, which is no failure.
 *
 * @throws Error when a producer failed
 */
export async function launchProducers({ endpoint, producers, size }: Launch, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return;
  const args = [endpoint, String(producers), String(size)];
  const child = spawn(projectFile("scripts/launch-producers.sh"), args, { stdio: ["ignore", "ignore", "inherit"] });
  const end = (): boolean => child.kill("SIGINT");
  stop.addEventListener("abort", end, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code === 0 || stop.aborted) return;
    throw new Error(`launch-producers.sh ${args.join(" ")} ended with ${code ?? "a signal"}`);
  } finally {
    stop.removeEventListener("abort", end);
  }
}
