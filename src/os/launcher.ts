import { spawn } from "node:child_process";
import { projectFile } from "./project-file.ts";

/**
 * Runs scripts/launch-producers.sh and waits for all its producers.
 *
 * @param endpoint as a user types it: `unixsock=/tmp/log.sock`
 * @param size bytes of each message
 * @throws Error when a producer failed, or `signal` ended them
 */
export async function launchProducers(
  endpoint: string,
  producers: number,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  const args = [endpoint, String(producers), String(size)];
  const child = spawn(projectFile("scripts/launch-producers.sh"), args, {
    stdio: ["ignore", "ignore", "inherit"],
    signal,
    killSignal: "SIGINT",
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`launch-producers.sh ${args.join(" ")} ended with ${code ?? "a signal"}`);
}
