import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { FORWARDER } from "./forwarder-process.ts";
import type { NatsServer } from "./nats-server.ts";

/** Starts `forwarder read` of the stream LOGS. Ended with its test. */
export function startReading(server: NatsServer, ...more: string[]): ChildProcess {
  const args = [FORWARDER, "read", server.url, "--stream", "LOGS", ...more];
  const reading = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void reading.kill("SIGKILL"));
  return reading;
}

/** What `forwarder read` prints until it ends. */
export async function readStream(server: NatsServer, ...more: string[]): Promise<{ printed: string; log: string }> {
  const { stdout, stderr } = startReading(server, ...more);
  if (stdout === null || stderr === null) throw new Error("stdout and stderr are pipes");
  const [printed, log] = await Promise.all([text(stdout), text(stderr)]);
  return { printed, log };
}
