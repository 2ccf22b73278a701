import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { FORWARDER } from "./forwarder-process.ts";
import type { NatsServer } from "./nats-server.ts";

/** A `forwarder read` whose output a test takes. */
export type ReadingProcess = ChildProcessByStdio<null, Readable, Readable>;

/** Starts `forwarder read` of the stream LOGS. Ended with its test. */
export function startReading(server: Pick<NatsServer, "url">, ...more: string[]): ReadingProcess {
  const args = [FORWARDER, "read", server.url, "--stream", "LOGS", ...more];
  const reading = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void reading.kill("SIGKILL"));
  return reading;
}

/** What `forwarder read` prints until it ends. */
export async function readStream(
  server: Pick<NatsServer, "url">,
  ...more: string[]
): Promise<{ printed: string; log: string }> {
  const { stdout, stderr } = startReading(server, ...more);
  const [printed, log] = await Promise.all([text(stdout), text(stderr)]);
  return { printed, log };
}
